// The map page: streets, cameras with what they see, road users as dots; beside it the chosen camera and all cameras.

import { fetchMap, fetchTotals } from "./api.js";
import { el, refill, setText } from "./dom.js";
import { Plan } from "./plan.js";
import { CLASS_ORDER, colourOf } from "./palette.js";
import { ask, scoreLine } from "./scores.js";
import { Stage } from "./stage.js";
import { countText, fpsText, plural, secondsText, STATE_TONE } from "./words.js";

const TOTALS_EVERY_MS = 5000;
const LEGEND_EVERY_MS = 500; // numbers that change faster cannot be read

export class MapView {
  constructor(page, camera) {
    this.page = page;
    this.camera = null;
    this.stage = null;
    this.plan = null;
    this.totals = new Map();
    this.dots = [];
    this.legendAt = 0;
    this.soon = 0;
    this.sum = el("span", { class: "quiet" });
    this.hole = el("div", { class: "hole" }, el("p", { class: "empty" }, "Loading the map"));
    this.legend = el("ul", { class: "map-legend", "aria-label": "Road users on the map now, by class" });
    this.tools = el("div", { class: "map-tools" },
      el("button", { type: "button", "aria-label": "Closer", onclick: () => this.plan?.zoom(1) }, "+"),
      el("button", { type: "button", "aria-label": "Farther", onclick: () => this.plan?.zoom(-1) }, "−"),
      el("button", { type: "button", class: "fit", "aria-label": "All cameras in view", onclick: () => this.plan?.fit() }, el("i", { "aria-hidden": "true" })));
    this.chosen = el("div", { class: "chosen" });
    this.list = el("ul", { class: "map-list" });
    this.rest = el("ul", { class: "map-list" });
    this.restCard = el("section", { class: "card", "aria-label": "Cameras without a place", hidden: true },
      el("header", {}, el("h2", {}, "Without a place")),
      el("p", { class: "body empty" }, "Nobody said where these cameras hang. They are analysed like all others."),
      this.rest);
    this.listCard = el("section", { class: "card", "aria-label": "Cameras on the map" }, el("header", {}, el("h2", {}, "On the map")), this.list);
    this.node = el("div", { class: "map-view" },
      el("div", { class: "head" }, el("h1", {}, "Map"), this.sum),
      el("div", { class: "map-page" },
        el("section", { class: "card map-card", "aria-label": "Map" }, this.hole, this.tools, this.legend),
        el("div", { class: "column side" }, this.chosen, this.listCard, this.restCard)));
    this.rows = new Map();
    this.timer = setInterval(() => this.#count(), TOTALS_EVERY_MS);
    this.#count();
    this.choose(camera);
    this.#open();
  }

  async #open() {
    let features;
    try {
      features = await fetchMap();
    } catch (error) {
      this.#instead(error.message);
      return;
    }
    if (this.closed) return;
    const plan = new Plan(features, (name) => this.#go(name === this.camera ? null : name));
    this.placed = new Set(plan.places.map(({ properties }) => properties.camera));
    this.update();
    if (!features.length) {
      this.#instead("No camera has a place yet, and there is no plan of the streets. All cameras are listed beside.");
      return;
    }
    this.hole.replaceChildren(plan.node);
    if (!(await plan.open())) {
      if (!this.closed) this.#instead("This browser cannot draw the map (WebGL is off or missing). All cameras are listed beside.");
      return;
    }
    this.plan = plan;
    this.plan.select(this.camera);
    this.plan.setDots(this.dots);
    this.update();
  }

  #instead(sentence) {
    this.hole.replaceChildren(el("p", { class: "empty", role: "status" }, sentence));
    this.tools.hidden = true;
    this.legend.hidden = true;
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.stage?.close();
    this.plan?.close();
  }

  wanted() { return this.camera === null ? [] : [this.camera]; }
  stages() { return this.stage === null ? [] : [this.stage]; }
  redraw() {
    this.plan?.redraw();
    this.plan?.setDots(this.dots);
    this.update();
  }

  crossed() {
    if (this.soon) return;
    this.soon = setTimeout(() => { this.soon = 0; this.#count(); }, 1000);
  }

  async #count() {
    try {
      this.totals = await fetchTotals();
    } catch { /* the connection strip says what is wrong */ }
    if (!this.closed) this.update();
  }

  #go(name) { location.hash = name === null ? "#/map" : `#/map/${encodeURIComponent(name)}`; }

  // Another camera is looked at, or none (null).
  choose(name) {
    if (this.camera === name && this.stage !== null) return;
    this.stage?.close();
    this.stage = null;
    this.camera = name;
    this.plan?.select(name, { move: true });
    this.chosen.replaceChildren();
    if (name !== null) this.#panel(this.page.feeds.get(name));
    this.update();
    this.page.want();
  }

  #panel(feed) {
    this.stage = new Stage(feed, this.page.layers);
    this.chip = el("span", { class: "chip" });
    this.meta = el("span", { class: "quiet" });
    this.score = el("div", { class: "score", hidden: true });
    this.ask = ask();
    const address = `#/camera/${encodeURIComponent(feed.name)}`;
    this.chosen.replaceChildren(el("section", { class: "card screen", "aria-label": `Camera ${feed.name}` },
      el("header", {}, el("h2", { class: "name" }, feed.name), this.chip, el("span", { class: "spring" }),
        el("button", { class: "plain small", type: "button", "aria-label": "Close the camera", onclick: () => this.#go(null) }, "×")),
      el("a", { href: address, "aria-label": `Open ${feed.name}`, tabIndex: -1 }, this.stage.node),
      el("div", { class: "scored" }, this.score, this.ask),
      el("div", { class: "tools" }, this.meta, el("span", { class: "spring" }), el("a", { class: "button small", href: address }, "Open camera"))));
  }

  setDots(dots) {
    const { classes } = this.page;
    this.dots = dots.map(([lon, lat, code]) => [lon, lat, classes[code] ?? "unknown"]);
    this.plan?.setDots(this.dots);
    this.#legend();
  }

  #legend() {
    const now = performance.now();
    if (now - this.legendAt < LEGEND_EVERY_MS) return;
    this.legendAt = now;
    const counts = new Map();
    for (const [, , label] of this.dots) counts.set(label, (counts.get(label) ?? 0) + 1);
    this.known = new Set([...(this.known ?? []), ...counts.keys()]); // a class once seen keeps its row: no jumping
    const rows = CLASS_ORDER.filter((name) => this.known.has(name)).map((name) => [name, counts.get(name) ?? 0]);
    refill(this.legend, JSON.stringify(rows), () => rows.map(([name, n]) => el("li", {}, el("span", { class: "dot", tone: colourOf(name) }), name, el("b", {}, countText(n)))));
    this.#head();
  }

  #head() {
    const cameras = this.page.feeds.size;
    const placed = this.placed?.size ?? 0;
    setText(this.sum, `${placed} of ${plural(cameras, "camera")} on the map · ${plural(this.dots.length, "road user")} now`);
  }

  update() {
    this.#head();
    const feeds = [...this.page.feeds.values()];
    const placed = this.placed ?? new Set();
    for (const feed of feeds) this.#row(feed, placed.has(feed.name) || this.placed === undefined ? this.list : this.rest);
    this.listCard.hidden = this.list.childElementCount === 0;
    this.restCard.hidden = this.rest.childElementCount === 0;
    for (const name of placed) {
      const total = this.totals.get(name);
      const state = this.page.feeds.get(name)?.status?.state;
      this.plan?.setPin(name, total === undefined ? name : `${name} · ${countText(total)}`, total === undefined ? "" : `${countText(total)} crossings counted`, state === "lost" || state === "failed" ? "bad" : "");
    }
    this.#panelState();
  }

  #panelState() {
    const feed = this.camera === null ? null : this.page.feeds.get(this.camera);
    if (!feed?.status) return;
    const { status } = feed;
    this.chip.className = `chip ${STATE_TONE[status.state]}`;
    setText(this.chip, status.state);
    const seen = status.state === "running" ? [fpsText(status.analysed_fps), `${secondsText(status.age_s)} old`] : [];
    const total = this.totals.get(feed.name);
    const scored = feed.name in this.page.scores.cameras; // then the line with the truth says it
    setText(this.meta, [...(total === undefined || scored ? [] : [`${countText(total)} counted`]), ...seen].join(" · "));
    scoreLine(this.score, this.page.scores.cameras[feed.name]);
    this.ask.hidden = this.score.hidden;
  }

  #row(feed, list) {
    let row = this.rows.get(feed.name);
    if (!row) {
      row = { state: el("span", { class: "state" }), total: el("span", { class: "total" }), score: el("span", { class: "score", hidden: true }) };
      row.button = el("button", { type: "button", "data-camera": feed.name, onclick: () => this.#go(feed.name === this.camera ? null : feed.name) },
        row.state, el("b", { title: feed.name }, feed.name), row.total, row.score);
      row.node = el("li", {}, row.button);
      this.rows.set(feed.name, row);
    }
    if (row.node.parentElement !== list) list.append(row.node);
    const state = feed.status?.state ?? "starting";
    row.state.className = `state ${STATE_TONE[state] ?? ""}`;
    row.state.title = state;
    const total = this.totals.get(feed.name);
    setText(row.total, state !== "running" ? state : total === undefined ? "" : `${countText(total)} counted`);
    row.button.setAttribute("aria-pressed", String(feed.name === this.camera));
    scoreLine(row.score, this.page.scores.cameras[feed.name]);
    if (row.score.hidden) return;
    row.total.textContent = ""; // the score says it, with the truth beside it
  }

  // What tests and people in the console may ask.
  shown() {
    const plan = this.plan;
    return {
      ready: plan?.ready ?? false,
      dots: this.dots.map(([lon, lat, label]) => [lon, lat, label]),
      updates: plan?.painted ?? 0,
      zoom: plan?.map?.getZoom() ?? null,
      rendered: (...layers) => plan?.rendered(...layers) ?? 0,
      chosen: this.camera,
    };
  }
}
