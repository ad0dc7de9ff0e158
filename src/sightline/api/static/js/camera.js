// One camera: the big picture with its layers, what is in it, its lines, counts and health.

import { Counts } from "./counts.js";
import { el, refill, setText } from "./dom.js";
import { eventList } from "./events.js";
import { Health } from "./health.js";
import { layerSwitches } from "./layers.js";
import { LineEditor } from "./lines.js";
import { ObjectList, whyCard } from "./objects.js";
import { ask, scoreLine, TruthCard } from "./scores.js";
import { Stage } from "./stage.js";
import { fpsText, secondsText, STATE_TONE } from "./words.js";

export class CameraView {
  constructor(page, feed) {
    this.page = page;
    this.feed = feed;
    this.chosen = null;
    this.hovered = null;
    this.stage = new Stage(feed, page.layers, { big: true });
    this.why = el("div", { class: "why", hidden: true });
    this.stage.node.append(this.why);
    this.chip = el("span", { class: "chip" });
    this.meta = el("span", { class: "quiet" });
    this.score = el("span", { class: "score", hidden: true });
    this.truth = new TruthCard();
    this.ask = ask();
    this.banner = el("div", { class: "banner", role: "note", hidden: true });
    this.progress = el("i");
    this.progressBar = el("div", { class: "thin", hidden: true }, this.progress);
    this.counts = new Counts(feed);
    const makeEditor = page.makeEditor ?? ((...parts) => new LineEditor(...parts));
    this.editor = makeEditor(feed, this.stage, () => this.counts.refresh());
    this.objects = new ObjectList((id) => this.#choose(id));
    this.health = new Health();
    this.events = el("ul", { class: "events" });
    this.node = this.#build();
    this.abort = new AbortController();
    const { signal } = this.abort;
    feed.addEventListener("shown", () => this.#shown(), { signal });
    this.stage.node.addEventListener("pointermove", (event) => this.#hover(event), { signal });
    this.stage.node.addEventListener("pointerleave", () => this.#hover(null), { signal });
    this.stage.node.addEventListener("click", (event) => this.#click(event), { signal });
    this.#shown();
  }

  #build() {
    const layers = layerSwitches(this.page.layers, () => this.stage.draw());
    return el("div", {},
      el("div", { class: "head" }, el("h1", {}, this.feed.name), this.chip, this.meta, el("span", { class: "spring" }), this.score, this.ask),
      this.banner,
      el("div", { class: "camera" },
        el("div", { class: "column" },
          el("section", { class: "card screen", "aria-label": "Picture" }, this.stage.node, this.progressBar, el("div", { class: "tools" }, layers)),
          this.counts.node),
        el("div", { class: "column side" },
          this.truth.node, this.editor.node, this.objects.node, this.health.node,
          el("section", { class: "card", "aria-label": "Events" }, el("header", {}, el("h2", {}, "Events")), el("div", { class: "body" }, this.events)))));
  }

  close() {
    this.abort.abort();
    this.stage.close();
    this.counts.close();
    this.editor.close();
  }

  wanted() { return [this.feed.name]; }
  stages() { return [this.stage]; }
  crossed() { this.counts.nudge(); }
  redraw() { this.counts.redraw(); }

  update() {
    const { status } = this.feed;
    this.editor.render(this.counts.totals());
    eventList(this.events, this.page.events.filter(({ camera }) => camera === this.feed.name), 6, false);
    const scores = this.page.scores.cameras[this.feed.name];
    scoreLine(this.score, scores);
    this.ask.hidden = this.score.hidden;
    this.truth.update(scores);
    if (!status) return;
    this.chip.className = `chip ${STATE_TONE[status.state]}`;
    setText(this.chip, status.state);
    const said = status.state === "running" ? `${fpsText(status.analysed_fps)} · ${secondsText(status.age_s)} old` : status.reason;
    setText(this.meta, said);
    this.progressBar.hidden = status.progress === null;
    this.progress.style.width = `${(status.progress ?? 0) * 100}%`;
    this.health.update(status);
    this.#notes(status);
  }

  #notes(status) {
    const reason = this.feed.picture?.pixelated ? this.feed.picture.reason : "";
    const said = reason === "" || status.notes.some((note) => note.includes(reason));
    const notes = [...new Set(said ? status.notes : [`Pixelated: ${reason}`, ...status.notes])];
    this.banner.hidden = notes.length === 0;
    refill(this.banner, JSON.stringify(notes), () => el("ul", {}, notes.map((note) => el("li", {}, note))));
  }

  #shown() {
    const objects = this.feed.overlay?.objects ?? [];
    if (this.chosen !== null && !objects.some(({ id }) => id === this.chosen)) this.chosen = null;
    this.#light();
    this.objects.update(this.feed.overlay, this.chosen);
    this.#card();
  }

  #light() {
    const lit = this.hovered ?? this.chosen;
    if (this.stage.chosen === lit) return;
    this.stage.chosen = lit;
    this.stage.draw();
  }

  #choose(id) {
    this.chosen = id;
    this.#light();
    this.objects.update(this.feed.overlay, id, { force: true });
    this.#card();
  }

  #hover(event) {
    const object = event === null || this.editor.busy ? null : this.stage.objectAt(this.stage.sharesAt(event));
    this.hovered = object?.id ?? null;
    this.stage.node.style.cursor = object ? "pointer" : "";
    this.#light();
    this.#card();
  }

  #click(event) {
    if (this.editor.busy || event.target.closest(".grip")) return;
    this.#choose(this.stage.objectAt(this.stage.sharesAt(event))?.id ?? null);
  }

  // The card stands beside its box and moves with it.
  #card() {
    const id = this.hovered ?? this.chosen;
    const object = id === null ? null : this.feed.overlay?.objects.find((o) => o.id === id);
    this.why.hidden = !object;
    if (!object) return;
    refill(this.why, JSON.stringify([id, object.label, object.score.toFixed(2), object.held, Math.floor(object.age_s), object.attributes]), () => whyCard(object));
    const rect = this.stage.rect();
    const [left, top, right] = object.box;
    const { offsetWidth: w, offsetHeight: h } = this.why;
    const beside = rect.x + right * rect.w + 10;
    const x = beside + w < this.stage.size.w ? beside : Math.max(4, rect.x + left * rect.w - w - 10);
    const y = Math.max(4, Math.min(rect.y + top * rect.h, this.stage.size.h - h - 4));
    this.why.style.left = `${Math.round(x)}px`;
    this.why.style.top = `${Math.round(y)}px`;
  }
}
