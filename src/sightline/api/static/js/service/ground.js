// Ground calibration: distances that somebody knows, clicked on the picture, each with its metres.

import { el } from "../dom.js";
import { Fault } from "./parts.js";
import { tidy } from "./shapes.js";

const LEAST = 2; // lengths; the server asks for as many

export class GroundForm {
  // given: {ground (or null), pen, changed(), done(ground), cancel()}; lengths are in the form until it is taken.
  constructor(given) {
    this.given = given;
    this.other = given.ground ?? {};
    this.lengths = structuredClone(this.other.lengths ?? []);
    this.fault = new Fault();
    this.list = el("ol", { class: "lengths" });
    this.node = el("form", { class: "form", novalidate: true, "aria-label": "Ground calibration", onsubmit: (event) => { event.preventDefault(); this.#done(); } },
      el("h3", {}, "Ground calibration"),
      el("p", { class: "empty" }, "Mark two or more distances you know on the street, near and far, along and across: a lane's width, a marking, a kerb. Without any, metres come from the typical sizes of road users, with a larger error."),
      this.list, this.fault.node,
      el("div", { class: "row" },
        el("button", { type: "button", class: "small", id: "add-length", onclick: (event) => this.#add(event) }, "Mark a distance")),
      el("div", { class: "row" },
        el("button", { class: "main small", id: "ground-done" }, "Take it"),
        el("button", { type: "button", class: "small plain", onclick: () => given.cancel() }, "Cancel"),
        given.ground ? el("button", { type: "button", class: "small plain danger", onclick: () => given.done(null) }, "Remove calibration") : null));
    this.node.addEventListener("keydown", (event) => { if (event.key === "Escape") given.cancel(); });
    this.#draw();
  }

  async #add(event) {
    const byKeys = event.detail === 0;
    const ends = byKeys ? [[0.4, 0.75], [0.6, 0.75]] : await this.given.pen.segment("Drag from one end of a distance you know to the other");
    if (ends === null || !this.node.isConnected) return;
    this.lengths.push({ start: ends[0], end: ends[1], metres: null });
    this.#draw();
    const at = this.lengths.length - 1;
    this.#hold(at);
    this.list.children[at].querySelector("input").focus();
  }

  // Grips on the ends of one length.
  #hold(at) {
    const one = this.lengths[at];
    const shape = { points: [one.start, one.end] };
    this.given.pen.hold(shape, "end", () => {
      [one.start, one.end] = shape.points;
      this.given.changed();
    });
  }

  #draw() {
    this.list.replaceChildren(...this.lengths.map((one, i) => el("li", {},
      el("label", {}, `Distance ${i + 1}`, el("input", {
        type: "number", step: "any", min: 0.1, max: 1000, required: true, value: one.metres ?? "", "aria-label": `Metres of distance ${i + 1}`,
        oninput: (event) => { one.metres = event.currentTarget.value === "" ? null : Number(event.currentTarget.value); this.given.changed(); },
      }), "m"),
      el("button", { type: "button", class: "small plain", "aria-label": `Move distance ${i + 1}`, onclick: () => this.#hold(i) }, "Move"),
      el("button", { type: "button", class: "small plain danger", "aria-label": `Delete distance ${i + 1}`, onclick: () => { this.lengths.splice(i, 1); this.given.pen.release(); this.#draw(); } }, "Delete"))));
    this.given.changed();
  }

  #done() {
    const bad = this.lengths.findIndex(({ metres }) => !(metres > 0.1 && metres <= 1000));
    if (bad >= 0) {
      this.fault.say(`Distance ${bad + 1}: expected metres from 0.1 to 1000.`);
      this.list.children[bad].querySelector("input").focus();
    } else if (this.lengths.length < LEAST) this.fault.say(`Expected at least ${LEAST} distances, got ${this.lengths.length}.`);
    else {
      const { points: _points, ...rest } = this.other; // clicked distances take the place of clicked points
      const lengths = this.lengths.map(({ start, end, metres }) => ({ start: tidy([start])[0], end: tidy([end])[0], metres }));
      this.given.done({ ...rest, lengths });
    }
  }
}
