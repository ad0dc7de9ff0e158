// What is in the picture now, with the probabilities behind each word.

import { el, refill } from "./dom.js";
import { colourOf } from "./palette.js";
import { attributeText, percentText, secondsText, spaced } from "./words.js";

export class ObjectList {
  constructor(choose) {
    this.choose = choose;
    this.count = el("span", { class: "badge" }, "0");
    this.list = el("ul", { class: "objects" });
    this.node = el("section", { class: "card", "aria-label": "In the picture now" },
      el("header", {}, el("h2", {}, "In the picture"), el("span", { class: "spring" }), this.count), this.list);
    this.last = 0;
  }

  update(overlay, chosen, { force = false } = {}) {
    const now = performance.now();
    if (!force && now - this.last < 250) return; // numbers that change faster cannot be read
    this.last = now;
    const objects = (overlay?.objects ?? []).filter(({ id }) => id >= 0).sort((a, b) => a.id - b.id);
    this.count.textContent = String(objects.length);
    const shown = objects.map((o) => [o.id, o.label, o.score.toFixed(2), o.held, Math.floor(o.age_s), o.attributes, o.id === chosen]);
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    refill(this.list, JSON.stringify(shown), () => (objects.length
      ? objects.map((object) => this.#row(object, object.id === chosen))
      : el("li", { class: "body empty" }, "No road user in the picture.")));
    if (focused !== null) this.list.querySelector(`[data-id="${focused}"]`)?.focus();
  }

  #row(object, chosen) {
    const known = Object.entries(object.attributes).filter(([, [value]]) => value !== "no");
    const more = known.map(([name, [value]]) => attributeText(name, value)).join(", ");
    return el("li", {}, el("button", {
      type: "button", "data-id": String(object.id), "aria-pressed": String(chosen), onclick: () => this.choose(chosen ? null : object.id),
    },
    el("span", { class: "swatch", tone: colourOf(object.label) }),
    el("span", {}, el("b", {}, object.label), el("span", { class: "id" }, `#${object.id}`)),
    el("span", { class: "share" }, `${object.score.toFixed(2)} · ${secondsText(object.age_s)}`),
    more ? el("span", { class: "more" }, more) : null,
    chosen ? el("span", { class: "more" }, shares(object)) : null));
  }
}

function row(name, value, share, tone) {
  return [el("dt", {}, name), el("div", { class: "meter", tone }, el("i", { share })), el("dd", {}, `${value} ${percentText(share)}`)];
}

// Class and attributes with their probabilities as small bars.
export function shares(object) {
  const rows = [row("class", object.label, object.score, colourOf(object.label))];
  for (const [name, [value, share]] of Object.entries(object.attributes)) rows.push(row(spaced(name), value, share));
  return el("dl", { class: "shares" }, rows);
}

// The card beside a box: why the box says what it says.
export function whyCard(object) {
  const held = object.held ? "held in place: not seen in this very picture" : `seen for ${secondsText(object.age_s)}`;
  return [
    el("h3", {}, el("span", { class: "swatch", tone: colourOf(object.label) }), object.id >= 0 ? `${object.label} #${object.id}` : `${object.label}, not confirmed yet`),
    shares(object),
    el("p", { class: "empty" }, held),
  ];
}
