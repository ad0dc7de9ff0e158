// Stored events as a list with filters, page by page, and new ones at the top as they happen.

import { call } from "../api.js";
import { el, setText } from "../dom.js";
import { fetchCameras, fetchEvents } from "./calls.js";
import { CONCERNS, eventSentence, isFlagged, TOPICS, topicText } from "./eventwords.js";
import { Fault, field, head, options } from "./parts.js";

const PAGE = 100;
const MOST_LIVE = 200; // rows that came live; the oldest of them go, the store has them all

export class EventsView {
  constructor(session) {
    this.session = session;
    this.next = null;
    this.fault = new Fault();
    const all = (text, pairs) => options([["", text], ...pairs], "");
    const changed = () => this.refresh();
    this.from = el("input", { type: "datetime-local", name: "from", onchange: changed });
    this.to = el("input", { type: "datetime-local", name: "to", onchange: changed });
    this.camera = el("select", { name: "camera", onchange: changed }, all("All cameras", []));
    this.topic = el("select", { name: "topic", onchange: changed }, all("Everything", Object.entries(TOPICS)));
    this.concerns = el("select", { name: "concerns", onchange: changed }, all("Anybody", Object.entries(CONCERNS)));
    this.chip = el("span", { class: "chip" }, "Connecting");
    this.body = el("tbody", {});
    this.empty = el("p", { class: "empty", hidden: true }, "No events in this time with these filters.");
    this.more = el("button", { type: "button", id: "more-events", hidden: true, onclick: () => this.#older() }, "Older events");
    this.node = el("div", {},
      head("Events", this.chip, el("span", { class: "spring" }), el("button", { type: "button", class: "small", onclick: changed }, "Reload")),
      el("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
        field("From", this.from), field("To", this.to), field("Camera", this.camera), field("What", this.topic), field("About", this.concerns)),
      this.fault.node,
      el("section", { class: "card", "aria-label": "Events" }, el("div", { class: "body" },
        el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "List of events" },
          el("table", { class: "list events-list" },
            el("thead", {}, el("tr", {}, ["Time", "Camera", "What", "Said"].map((word) => el("th", { scope: "col" }, word)))), this.body)),
        this.empty, this.more)),
      el("p", { class: "empty" }, "Events about single persons come with Reload, without the number of their track."));
    this.abort = new AbortController();
    session.addEventListener("begun", () => { if (this.source.readyState === EventSource.CLOSED) this.#listen(); }, { signal: this.abort.signal });
    this.#cameras();
    this.refresh();
    this.#listen();
  }

  close() {
    this.abort.abort();
    this.source.close();
  }

  async #cameras() {
    await this.fault.around(async () => this.camera.append(...options((await fetchCameras()).map(({ name }) => [name, name]), "")));
  }

  #values() {
    return { from: utc(this.from.value), to: utc(this.to.value), camera: this.camera.value, topic: this.topic.value, concerns: this.concerns.value, limit: PAGE };
  }

  async refresh() {
    const values = this.#values();
    this.asked = JSON.stringify(values);
    await this.fault.around(async () => {
      const answer = await fetchEvents(values);
      if (this.asked !== JSON.stringify(values)) return;
      this.body.replaceChildren(...answer.events.map((event) => row(event)));
      this.live = 0;
      this.#end(answer);
    });
  }

  async #older() {
    const asked = this.asked;
    await this.fault.around(async () => {
      const answer = await fetchEvents({ ...this.#values(), after: this.next });
      if (asked !== this.asked) return;
      const rows = answer.events.map((event) => row(event));
      this.body.append(...rows);
      this.#end(answer);
      rows[0]?.scrollIntoView({ block: "nearest" });
    });
  }

  #end(answer) {
    this.next = answer.next;
    this.more.hidden = answer.next === null;
    this.empty.hidden = this.body.rows.length > 0;
  }

  #listen() {
    const source = new EventSource("/api/v1/events/stream");
    this.source = source;
    source.onopen = () => this.#link(true);
    source.onerror = () => {
      this.#link(false);
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      call("/api/v1/me").then(() => setTimeout(() => { if (this.source === source && !this.abort.signal.aborted) this.#listen(); }, 5000), () => { /* the way in comes by itself */ });
    };
    source.onmessage = ({ data }) => this.#came(JSON.parse(data));
  }

  #link(connected) {
    this.chip.className = `chip ${connected ? "good" : "bad"}`;
    setText(this.chip, connected ? "Live" : "Not live");
  }

  #came({ topic, UtcTime: time, Source: source, Data: data }) {
    const event = { time, camera: source.VideoSource, topic, source, data };
    const { camera, topic: wanted, concerns, to } = this.#values();
    const about = data.Label === undefined ? "nobody" : "vehicle"; // single persons do not come this way
    if (to || (camera && camera !== event.camera) || (wanted && wanted !== topic) || (concerns && concerns !== about)) return;
    this.body.prepend(row(event, true));
    this.empty.hidden = true;
    this.live = (this.live ?? 0) + 1;
    if (this.live > MOST_LIVE) {
      this.live -= 1;
      this.body.rows[MOST_LIVE]?.remove();
    }
  }
}

function row(event, live = false) {
  return el("tr", { class: live ? "fresh" : "", "data-topic": event.topic, "data-camera": event.camera, "data-live": live ? "yes" : null },
    el("td", {}, el("time", { dateTime: event.time }, timeText(event.time))), el("td", {}, event.camera),
    el("td", { class: isFlagged(event) ? "flag" : "" }, topicText(event.topic)), el("td", {}, eventSentence(event)));
}

function timeText(iso) {
  const at = new Date(iso);
  const clock = at.toLocaleTimeString([], { hour12: false });
  return at.toDateString() === new Date().toDateString() ? clock : `${at.toLocaleDateString([], { dateStyle: "short" })} ${clock}`;
}

// What the field says is the time here; the server wants it in UTC.
function utc(local) { return local ? new Date(local).toISOString() : null; }
