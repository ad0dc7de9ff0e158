// Counting lines of one camera: drawing with mouse, finger or keys, naming, turning, deleting.

import { fetchLines, putLines } from "./api.js";
import { el, refill } from "./dom.js";

const SHORTEST = 0.02; // of the picture: a click without a drag draws nothing
const KEY_STEP = 0.01;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class LineEditor {
  constructor(feed, stage, changed) {
    this.feed = feed;
    this.stage = stage;
    this.changed = changed;
    this.draft = null; // {name, start, end, replaces}
    this.doomed = null; // line whose deletion waits for a second click
    this.abort = new AbortController();
    this.add = el("button", { type: "button", class: "small", id: "add-line", onclick: (event) => this.#begin(event) }, "Add line");
    this.body = el("div", { class: "body" });
    this.hint = el("div", { class: "hint", hidden: true }, "Drag on the picture from one end of the line to the other");
    this.grips = ["start", "end"].map((end) => this.#grip(end));
    stage.node.append(this.hint, ...this.grips);
    this.node = el("section", { class: "card", "aria-label": "Counting lines" },
      el("header", {}, el("h2", {}, "Counting lines"), el("span", { class: "spring" }), this.add), this.body);
    const { signal } = this.abort;
    stage.node.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    addEventListener("keydown", (event) => { if (event.key === "Escape") this.#cancel(); }, { signal });
    new ResizeObserver(() => this.#place()).observe(stage.node);
    feed.addEventListener("shown", () => this.#place(), { signal });
    this.load();
  }

  close() { this.abort.abort(); }
  get busy() { return this.drawing || this.draft !== null; }

  async load() {
    try {
      this.feed.setLines(await fetchLines(this.feed.name));
    } catch { /* shown as "no line"; the connection strip says what is wrong */ }
    this.render();
  }

  render(totals = this.totals ?? {}) {
    this.totals = totals;
    if (this.draft) return; // the form must not be rebuilt under the hands
    const shown = this.feed.lines.map((line) => [line, this.#sum(line.name, "forward"), this.#sum(line.name, "backward")]);
    refill(this.body, JSON.stringify([shown, this.doomed, this.drawing]), () => (shown.length
      ? el("ul", { class: "lines" }, shown.map(([line, forward, backward]) => this.#row(line, forward, backward)))
      : el("p", { class: "empty" }, "None yet. Add one to count who crosses it, in both directions.")));
  }

  #sum(line, direction) { return Object.values(this.totals[line]?.[direction] ?? {}).reduce((a, b) => a + b, 0); }

  #row(line, forward, backward) {
    const doomed = this.doomed === line.name;
    return el("li", { "data-line": line.name },
      el("span", { class: "label" }, line.name, el("small", {}, `${forward} forward · ${backward} backward`)),
      doomed ? null : el("button", { type: "button", class: "small plain", "aria-label": `Edit ${line.name}`, onclick: () => this.#edit(line) }, "Edit"),
      el("button", {
        type: "button", class: `small ${doomed ? "" : "plain"} danger`, "aria-label": doomed ? `Really delete ${line.name}` : `Delete ${line.name}`,
        onclick: () => this.#delete(line.name),
      }, doomed ? "Really delete" : "Delete"),
      doomed ? el("button", { type: "button", class: "small", onclick: () => { this.doomed = null; this.render(); } }, "Keep") : null);
  }

  #begin(event) {
    this.doomed = null;
    if (event.detail === 0) { // pressed by keyboard: start with a line that the arrow keys can move
      this.#edit({ name: this.#freeName(), start: [0.25, 0.6], end: [0.75, 0.6] }, null);
      return;
    }
    this.#cancel();
    this.drawing = true;
    this.stage.node.classList.add("drawing");
    this.hint.hidden = false;
    this.stage.node.scrollIntoView({ block: "nearest" });
  }

  #freeName() {
    const taken = new Set(this.feed.lines.map(({ name }) => name));
    let n = 1;
    while (taken.has(`Line ${n}`)) n += 1;
    return `Line ${n}`;
  }

  #press(event) {
    if (!this.drawing || event.button > 0 || event.target.closest(".grip")) return;
    event.preventDefault();
    const start = this.stage.sharesAt(event);
    const draft = { name: "", start, end: start, replaces: null };
    this.stage.extra = draft;
    this.#follow(event, (point) => { draft.end = point; this.stage.draw(); }, () => {
      this.stage.extra = null;
      if (Math.hypot(draft.end[0] - start[0], draft.end[1] - start[1]) < SHORTEST) { this.stage.draw(); return; }
      this.#edit({ ...draft, name: this.#freeName() }, null);
    });
  }

  // Follow a pointer until it is lifted, wherever it goes.
  #follow(event, move, done) {
    const { node } = this.stage;
    const stop = new AbortController();
    const { signal } = stop;
    const target = event.currentTarget;
    target.setPointerCapture?.(event.pointerId);
    node.addEventListener("pointermove", (next) => { if (next.pointerId === event.pointerId) move(this.stage.sharesAt(next)); }, { signal });
    const end = (next) => {
      if (next.pointerId !== event.pointerId) return;
      stop.abort();
      done();
    };
    node.addEventListener("pointerup", end, { signal });
    node.addEventListener("pointercancel", end, { signal });
  }

  #grip(end) {
    return el("button", {
      type: "button", class: "grip", hidden: true, "aria-label": `${end === "start" ? "Start" : "End"} of the line; move it with the arrow keys`,
      onpointerdown: (event) => {
        event.stopPropagation();
        this.#follow(event, (point) => this.#move(end, point), () => {});
      },
      onkeydown: (event) => {
        const arrow = ARROWS[event.key];
        if (!arrow || !this.draft) return;
        event.preventDefault();
        const step = KEY_STEP * (event.shiftKey ? 5 : 1);
        this.#move(end, this.draft[end].map((value, i) => Math.max(0, Math.min(1, value + arrow[i] * step))));
      },
    });
  }

  #move(end, point) {
    if (!this.draft) return;
    this.draft[end] = point;
    this.#place();
    this.stage.draw();
  }

  #place() {
    const rect = this.stage.rect();
    for (const [i, end] of ["start", "end"].entries()) {
      this.grips[i].hidden = this.draft === null;
      if (!this.draft) continue;
      this.grips[i].style.left = `${rect.x + this.draft[end][0] * rect.w}px`;
      this.grips[i].style.top = `${rect.y + this.draft[end][1] * rect.h}px`;
    }
  }

  #edit(line, replaces = line.name) {
    this.#cancel();
    this.draft = { name: line.name, start: [...line.start], end: [...line.end], replaces };
    this.stage.extra = this.draft;
    this.add.disabled = true;
    const name = el("input", {
      id: "line-name", value: line.name, maxLength: 80, required: true, autocomplete: "off",
      oninput: (event) => { this.draft.name = event.currentTarget.value; this.stage.draw(); },
    });
    this.fault = el("p", { class: "fault", role: "alert", hidden: true });
    const turn = () => {
      [this.draft.start, this.draft.end] = [this.draft.end, this.draft.start];
      this.#place();
      this.stage.draw();
    };
    delete this.body.dataset.key;
    this.body.replaceChildren(el("form", { class: "form", onsubmit: (event) => { event.preventDefault(); this.#save(); } },
      el("label", {}, "Name", name), this.fault,
      el("div", { class: "row" },
        el("button", { class: "main small", id: "save-line" }, "Save line"),
        el("button", { type: "button", class: "small", onclick: turn }, "Turn direction"),
        el("button", { type: "button", class: "small plain", onclick: () => this.#cancel() }, "Cancel")),
      el("p", { class: "empty" }, "The arrow shows which way counts as forward. Drag the round ends to move the line.")));
    this.#place();
    this.stage.draw();
    name.focus({ preventScroll: true });
    name.select();
  }

  #cancel() {
    this.drawing = false;
    this.draft = null;
    this.stage.extra = null;
    this.add.disabled = false;
    this.hint.hidden = true;
    this.stage.node.classList.remove("drawing");
    delete this.body.dataset.key;
    this.#place();
    this.stage.draw();
    this.render();
  }

  async #save() {
    const { name, start, end, replaces } = this.draft;
    const line = { name: name.trim(), start, end };
    const place = this.feed.lines.findIndex((other) => other.name === replaces);
    const lines = place < 0 ? [...this.feed.lines, line] : this.feed.lines.with(place, line);
    await this.#put(lines);
  }

  async #delete(name) {
    if (this.doomed !== name) {
      this.doomed = name;
      this.render();
      this.body.querySelector(`[aria-label="Really delete ${CSS.escape(name)}"]`)?.focus();
      return;
    }
    this.doomed = null;
    await this.#put(this.feed.lines.filter((line) => line.name !== name));
  }

  async #put(lines) {
    try {
      const kept = await putLines(this.feed.name, lines);
      this.feed.setLines(kept);
      this.#cancel();
      this.changed();
    } catch (error) {
      if (this.draft === null) this.body.append(el("p", { class: "fault", role: "alert" }, error.message));
      else {
        this.fault.hidden = false;
        this.fault.textContent = error.message;
      }
    }
  }
}
