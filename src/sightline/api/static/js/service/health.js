// How the service is: its store, its doors to other systems, and cameras that need somebody.

import { el, refill } from "../dom.js";
import { countText, spaced } from "../words.js";
import { fetchCameras, fetchMetrics, fetchStore } from "./calls.js";
import { card, Fault, head, sums } from "./parts.js";

const EVERY_MS = 5000;
const SINK = /^sightline_sink_([a-z_]+?)(?:_total|_events)?\{sink="((?:[^"\\]|\\.)*)"\} (\S+)$/; // a line of Prometheus' text format
const WELL = new Set(["running", "paused", "ended", "starting"]);

export class HealthView {
  constructor() {
    this.fault = new Fault();
    this.store = el("div", {});
    this.doors = el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Doors" });
    this.cameras = el("div", {});
    this.node = el("div", {}, head("Health of the service"), this.fault.node,
      el("div", { class: "halves" },
        el("div", { class: "column" }, card("Cameras", this.cameras), card("Doors to other systems", this.doors)),
        el("div", { class: "column" }, card("Store", this.store))));
    this.timer = setInterval(() => this.refresh(), EVERY_MS);
    this.refresh();
  }

  close() { clearInterval(this.timer); }

  async refresh() {
    await this.fault.around(async () => {
      const [store, cameras, metrics] = await Promise.all([fetchStore(), fetchCameras(), fetchMetrics()]);
      refill(this.store, JSON.stringify(store), () => storePanel(store));
      const sinks = doorsOf(metrics);
      refill(this.doors, JSON.stringify([...sinks]), () => doorsPanel(sinks));
      const rows = cameras.map(({ name, state, reason, reconnects }) => [name, state, reason, reconnects]);
      refill(this.cameras, JSON.stringify(rows), () => camerasPanel(rows));
    });
  }
}

function fact(name, value, tone = "") { return el("div", {}, el("dt", {}, name), el("dd", { class: tone }, value)); }

function sizeText(bytes) { return bytes === null ? "–" : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`; }

function storePanel({ kind, version, waiting, capacity, stored, refused, failing, bytes, forgotten }) {
  const lost = Object.entries(refused).flatMap(([rows, reasons]) => Object.entries(reasons).map(([why, n]) => [`${rows}, ${spaced(why)}`, n])).filter(([, n]) => n > 0);
  const numbers = (title, pairs, none) => el("div", { class: "part" }, el("h3", {}, title),
    pairs.length ? el("dl", { class: "stages" }, pairs.map(([name, n]) => [el("dt", {}, spaced(name)), el("span"), el("dd", {}, countText(n))])) : el("p", { class: "empty" }, none));
  return [
    failing ? el("p", { class: "verdict bad", role: "alert" }, `Rows are refused now: ${failing}`) : el("p", { class: "verdict good" }, "The store takes rows."),
    el("dl", { class: "facts" }, fact("Database", `${kind} ${version}`), fact("Size", sizeText(bytes)), fact("Rows waiting", `${countText(waiting)} of ${countText(capacity)}`)),
    numbers("Rows stored since the start", Object.entries(stored), "None yet."),
    numbers("Rows refused", lost, "None."),
    numbers("Deleted by the newest run of retention", Object.entries(forgotten), "None yet."),
  ];
}

// door -> {up, queued, delivered, ...}
function doorsOf(metrics) {
  const doors = new Map();
  for (const line of metrics.split("\n")) {
    const found = SINK.exec(line);
    if (found) doors.set(found[2], { ...doors.get(found[2]), [found[1]]: Number(found[3]) });
  }
  return doors;
}

function doorsPanel(doors) {
  if (!doors.size) return el("p", { class: "empty" }, "None.");
  const columns = [["queued", "waiting"], ["delivered", "delivered"], ["dropped", "dropped"], ["dead_letters", "given up"]];
  return sums(["Door", "state", ...columns.map(([, text]) => text)], [...doors].sort().map(([name, numbers]) => ({
    first: el("span", { class: numbers.up === 0 ? "flag" : "" }, name === "stream" ? "event stream of this page" : name),
    values: [numbers.up === undefined ? "–" : numbers.up ? "up" : "down", ...columns.map(([key]) => (numbers[key] === undefined ? "–" : countText(numbers[key])))],
  })));
}

function camerasPanel(rows) {
  const ill = rows.filter(([, state]) => !WELL.has(state));
  const by = Object.entries(Object.groupBy(rows, ([, state]) => state)).map(([state, all]) => `${all.length} ${state}`).join(" · ");
  return [
    el("p", { class: `verdict ${ill.length ? "bad" : "good"}` }, ill.length ? `${ill.length} of ${rows.length} need somebody` : "No camera is lost.", ` ${by}`),
    el("ul", { class: "grants" }, ill.map(([name, state, reason, reconnects]) => el("li", {},
      el("span", { class: "label" }, el("a", { href: `#/camera/${encodeURIComponent(name)}` }, name), el("small", {}, `${state}: ${reason || "no reason given"} · reconnects ${reconnects}`))))),
  ];
}
