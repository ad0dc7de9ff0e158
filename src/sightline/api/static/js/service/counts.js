// Counts and speeds over an hour, a day or a week as plots and tables, and as files.

import { chooser, el } from "../dom.js";
import { CLASS_ORDER, colourOf } from "../palette.js";
import { countText } from "../words.js";
import { exportAddress, fetchCameras, fetchStoredCounts } from "./calls.js";
import { Fault, head, options, sums } from "./parts.js";
import { barPlot, linePlot } from "./plots.js";
import { fetchSpeeds, shareAt } from "./speeds.js";

const RANGES = { hour: [3600, 1], day: [86400, 15], week: [604800, 60] }; // seconds, minutes of a window
const EVERY_MS = 30_000;
const COLOURS = { forward: "#4aa3ef", backward: "#f0a020" };
const SPEEDS = [["median", 0.5, "#4aa3ef"], ["85 % are slower", 0.85, "#f0a020"]]; // what traffic engineers look at

export class CountsView {
  constructor(session) {
    this.session = session;
    this.range = "day";
    this.split = "direction";
    this.rows = [];
    this.speeds = { found: [], more: false };
    this.fault = new Fault();
    this.camera = el("select", { name: "camera", "aria-label": "Camera", onchange: () => this.refresh() }, options([["", "All cameras"]], ""));
    this.files = el("span", { class: "files" });
    this.legend = el("div", { class: "legend" });
    this.box = el("div", { class: "plot tall", role: "img", "aria-label": "Crossings over time; the table below says the same in numbers" });
    this.table = el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Counts" });
    this.speedBox = el("div", { class: "plot tall", role: "img", "aria-label": "Speeds over time; the table below says the same in numbers" });
    this.speedTable = el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Speeds" });
    this.node = this.#build();
    this.observer = new ResizeObserver(() => { for (const plot of this.plots ?? []) plot.setSize({ width: this.box.clientWidth, height: plot.height }); });
    this.observer.observe(this.box);
    this.timer = setInterval(() => this.refresh(), EVERY_MS);
    this.#cameras();
    this.refresh();
  }

  #build() {
    return el("div", {},
      head("Counts and speeds", el("span", { class: "spring" }),
        chooser("Range", [["hour", "Hour"], ["day", "Day"], ["week", "Week"]], this.range, (range) => { this.range = range; this.refresh(); }),
        this.camera),
      this.fault.node,
      el("section", { class: "card", "aria-label": "Counts" },
        el("header", {}, el("h2", {}, "Crossings"), el("span", { class: "spring" }),
          chooser("Colours by", [["direction", "Direction"], ["class", "Class"]], this.split, (split) => { this.split = split; this.#draw(); }), this.files),
        el("div", { class: "body" }, this.legend, this.box, this.table)),
      this.session.somewhere("viewer") ? el("section", { class: "card below", "aria-label": "Speeds" },
        el("header", {}, el("h2", {}, "Speeds of vehicles, km/h")),
        el("div", { class: "body" }, el("div", { class: "legend" }, SPEEDS.map(([name, , colour]) => el("span", {}, el("span", { class: "swatch", tone: colour }), name))), this.speedBox, this.speedTable)) : "");
  }

  close() {
    clearInterval(this.timer);
    this.observer.disconnect();
    for (const plot of this.plots ?? []) plot.destroy();
  }

  redraw() { this.#draw(); }

  async #cameras() {
    await this.fault.around(async () => {
      const names = (await fetchCameras()).map(({ name }) => name);
      this.camera.append(...options(names.map((name) => [name, name]), ""));
    });
  }

  // The windows of the range, aligned as the server aligns them.
  #span() {
    const [seconds, minutes] = RANGES[this.range];
    const step = minutes * 60;
    const to = Math.ceil(Date.now() / 1000 / step) * step;
    return { from: to - seconds, to, minutes, step };
  }

  async refresh() {
    const span = this.#span();
    const values = { from: iso(span.from), to: iso(span.to), camera: this.camera.value };
    this.#offer(values, span.minutes);
    const asked = JSON.stringify(values);
    this.asked = asked;
    await this.fault.around(async () => {
      const rows = await fetchStoredCounts({ ...values, minutes: span.minutes });
      const speeds = this.session.somewhere("viewer") ? await fetchSpeeds(values) : this.speeds;
      if (this.asked !== asked || !this.node.isConnected) return;
      Object.assign(this, { span, rows, speeds });
      this.#draw();
    });
  }

  #offer(values, minutes) {
    if (!this.session.somewhere(["operator", "privacy_officer"])) return;
    this.files.replaceChildren(...[["csv", "CSV"], ["parquet", "Parquet"]].map(([form, text]) => el("a", {
      class: "button small plain", download: "", href: exportAddress({ ...values, minutes, form }), "aria-label": `Download counts as ${text}`,
    }, text)));
  }

  #draw() {
    if (!this.span) return;
    for (const plot of this.plots ?? []) plot.destroy();
    this.plots = [this.#drawCounts(), this.#drawSpeeds()].filter(Boolean);
    this.#drawTable();
  }

  #times() {
    const { from, to, step } = this.span;
    return Array.from({ length: Math.round((to - from) / step) }, (_, i) => from + i * step);
  }

  #drawCounts() {
    const any = this.rows.length > 0;
    this.box.hidden = !any;
    this.legend.hidden = !any;
    if (!any) return null;
    const times = this.#times();
    const byClass = this.split === "class";
    const names = byClass ? CLASS_ORDER.filter((name) => this.rows.some(({ by_class: c }) => c[name])) : ["forward", "backward"].filter((d) => this.rows.some(({ direction }) => direction === d));
    const colour = (name) => (byClass ? colourOf(name) : COLOURS[name]);
    const series = names.map((name) => ({ name, colour: colour(name), values: times.map(() => 0) }));
    for (const row of this.rows) {
      const at = Math.round((Date.parse(row.start) / 1000 - this.span.from) / this.span.step);
      if (at < 0 || at >= times.length) continue;
      for (const one of series) one.values[at] += byClass ? row.by_class[one.name] ?? 0 : one.name === row.direction ? sum(row.by_class) : 0;
    }
    this.legend.replaceChildren(...names.map((name) => el("span", {}, el("span", { class: "swatch", tone: colour(name) }), name)));
    return barPlot(this.box, { times, series, ...this.span });
  }

  #drawTable() {
    const classes = CLASS_ORDER.filter((name) => this.rows.some(({ by_class: c }) => c[name]));
    const totals = new Map();
    for (const { camera, line, direction, by_class: counts } of this.rows) {
      const key = JSON.stringify([camera, line, direction]);
      const into = totals.get(key) ?? {};
      for (const [name, n] of Object.entries(counts)) into[name] = (into[name] ?? 0) + n;
      totals.set(key, into);
    }
    if (!totals.size) {
      this.table.replaceChildren(el("p", { class: "empty" }, "No crossings in this time. Counts are stored every ten seconds, for the lines drawn on the cameras' pictures."));
      return;
    }
    this.table.replaceChildren(sums(["Line", ...classes, "total"], [...totals].sort().map(([key, counts]) => {
      const [camera, line, direction] = JSON.parse(key);
      return {
        "data-line": line, "data-camera": camera, "data-direction": direction, last: "total",
        first: [camera, " · ", line, el("span", { class: "quiet" }, ` · ${direction}`)],
        values: [...classes.map((name) => (counts[name] ? countText(counts[name]) : "–")), countText(sum(counts))],
      };
    })));
  }

  #drawSpeeds() {
    const { found, more } = this.speeds;
    this.speedBox.hidden = !found.length;
    if (!found.length) {
      this.speedTable.replaceChildren(el("p", { class: "empty" }, "No speeds in this time. They need metres in the picture: open a camera, mark known distances, and add a speed rule."));
      return null;
    }
    const times = this.#times();
    const windows = times.map(() => []);
    for (const { at, kmh } of found) windows[Math.floor((at - this.span.from) / this.span.step)]?.push(kmh);
    const series = SPEEDS.map(([name, share, colour]) => ({ name, colour, values: windows.map((values) => (values.length ? shareAt(values, share) : null)) }));
    const places = Object.entries(Object.groupBy(found, ({ where }) => where)).sort();
    this.speedTable.replaceChildren(sums(["Place", "vehicles", "median", "85 % slower", "over limit"], places.map(([where, all]) => {
      const values = all.map(({ kmh }) => kmh);
      const limited = all.filter(({ limit }) => limit !== null);
      const over = limited.length ? `${Math.round((100 * limited.filter(({ kmh, limit }) => kmh > limit).length) / limited.length)} %` : "–";
      return { first: where, values: [countText(all.length), Math.round(shareAt(values, 0.5)), Math.round(shareAt(values, 0.85)), over] };
    })), more ? el("p", { class: "empty" }, `Only the newest ${countText(found.length)} speeds of this time; choose a camera or a shorter range for all.`) : "");
    return linePlot(this.speedBox, { times, series, ...this.span });
  }
}

function iso(seconds) { return new Date(seconds * 1000).toISOString().replace(".000", ""); }
function sum(counts) { return Object.values(counts).reduce((a, b) => a + b, 0); }
