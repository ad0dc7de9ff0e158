// The form of one rule, made from the schema of a camera's entry: its fields with defaults, bounds and sentences.

import { el } from "../dom.js";
import { CLASS_ORDER } from "../palette.js";
import { spaced } from "../words.js";
import { Fault, field, options } from "./parts.js";
import { tidy } from "./shapes.js";

const APART = new Set(["type", "name", "classes", "hours"]); // asked for in their own way
export const TYPES = {
  line: "Line crossed",
  occupancy: "Who is in a zone",
  dwell: "Long stay in a zone",
  queue: "Queue",
  stopped: "Stopped vehicle",
  wrong_way: "Wrong way",
  carriageway: "Persons on the carriageway",
  near_miss: "Near miss",
  crowding: "Crowd",
  turning: "Turning movements",
  speed: "Speed",
};
const DAYS = [["mon", "Mo"], ["tue", "Tu"], ["wed", "We"], ["thu", "Th"], ["fri", "Fr"], ["sat", "Sa"], ["sun", "Su"]];
const UNITS = [["_mps", "m/s"], ["_s", "s"], ["_m", "m"], ["_deg", "°"]];

// {sentence, fields: [{name, text, sentence, kind, ...}]} of a type of rule.
export function describe(schema, type) {
  const pointer = schema.properties.rules.items.discriminator.mapping[type];
  const model = schema.$defs[pointer.split("/").at(-1)];
  const fields = Object.entries(model.properties).filter(([name]) => !APART.has(name)).map(([name, property]) => {
    const plain = property.anyOf?.find((one) => one.type !== "null") ?? property;
    const unit = UNITS.find(([ending]) => name.endsWith(ending)) ?? ["", ""];
    const words = spaced(unit[0] ? name.slice(0, -unit[0].length) : name);
    const bare = words.length > 1 ? words : unit[1] === "s" ? "time" : words;
    return {
      name, unit: unit[1], text: `${bare[0].toUpperCase()}${bare.slice(1)}${unit[1] ? `, ${unit[1]}` : ""}`,
      sentence: property.description ?? "", fallback: property.default, required: model.required.includes(name),
      kind: kindOf(name, plain), least: plain.minimum ?? plain.exclusiveMinimum, most: plain.maximum, choices: plain.enum,
    };
  });
  return { sentence: model.description, fields };
}

function kindOf(name, { type, enum: choices }) {
  if (name === "zone" || name === "line") return name;
  if (name === "entries" || name === "exits") return "gates";
  if (name === "arrow") return "arrow";
  if (choices) return "choice";
  return { boolean: "truth", integer: "number", number: "number" }[type] ?? "text";
}

export class RuleForm {
  // given: {schema, rule (or null), lines, zones (names), taken (names of other rules), drawArrow, done(rule), cancel()}
  constructor(given) {
    this.given = given;
    this.rule = structuredClone(given.rule ?? {});
    this.fault = new Fault();
    this.body = el("div", { class: "form" });
    const types = Object.entries(TYPES).filter(([type]) => type in given.schema.properties.rules.items.discriminator.mapping);
    this.type = el("select", { id: "rule-type", name: "type", onchange: () => this.#fields() }, options(types, this.rule.type ?? (given.zones.length ? "occupancy" : "line")));
    this.node = el("form", { class: "form rule-form", novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#done(); } },
      field("Rule", this.type), this.body, this.fault.node,
      el("div", { class: "row" },
        el("button", { class: "main small", id: "rule-done" }, "Take it"),
        el("button", { type: "button", class: "small plain", onclick: () => given.cancel() }, "Cancel")));
    this.node.addEventListener("keydown", (event) => { if (event.key === "Escape") given.cancel(); });
    this.#fields();
  }

  #fields() {
    const { sentence, fields } = describe(this.given.schema, this.type.value);
    this.readers = new Map();
    this.arrow = this.rule.arrow ?? null;
    const named = el("input", { id: "rule-name", name: "name", maxLength: 80, required: true, autocomplete: "off", value: this.rule.name ?? this.#freeName() });
    this.named = named;
    const simple = fields.filter(({ required, kind }) => required || ["zone", "line", "gates", "arrow", "choice"].includes(kind));
    const rest = fields.filter((one) => !simple.includes(one));
    this.body.replaceChildren(
      el("p", { class: "empty" }, sentence), field("Name", named),
      ...simple.map((one) => this.#input(one)),
      rest.length ? el("div", { class: "pair" }, rest.map((one) => this.#input(one))) : "",
      this.#classes(), this.#hours());
  }

  #freeName() {
    const word = TYPES[this.type.value].toLowerCase();
    let name = word;
    for (let n = 2; this.given.taken.includes(name); n += 1) name = `${word} ${n}`;
    return name;
  }

  #input(one) {
    const now = this.rule[one.name];
    if (one.kind === "gates") return this.#gates(one, now ?? []);
    if (one.kind === "arrow") return this.#arrow(one);
    let input;
    if (one.kind === "zone" || one.kind === "line") {
      const names = one.kind === "zone" ? this.given.zones : this.given.lines;
      const none = one.required ? [] : [["", one.kind === "zone" && this.type.value !== "speed" ? "anywhere" : "–"]];
      input = el("select", { name: one.name }, options([...none, ...names.map((name) => [name, name])], now ?? (one.required ? names[0] : "")));
      this.readers.set(one.name, () => input.value || undefined);
    } else if (one.kind === "choice") {
      input = el("select", { name: one.name }, options(one.choices.map((value) => [value, spaced(value)]), now ?? one.fallback));
      this.readers.set(one.name, () => input.value);
    } else if (one.kind === "truth") {
      input = el("input", { type: "checkbox", name: one.name, checked: now ?? one.fallback });
      this.readers.set(one.name, () => input.checked);
    } else {
      const least = one.least ?? null;
      input = el("input", { type: one.kind === "number" ? "number" : "text", name: one.name, step: "any", min: least, max: one.most ?? null, value: now ?? "", placeholder: one.fallback === null || one.fallback === undefined ? "none" : String(one.fallback) });
      this.readers.set(one.name, () => this.#number(one, input));
    }
    const made = field(one.text, input, one.sentence);
    if (one.unit === "m/s") this.#alsoKmh(made, input, one);
    return made;
  }

  #number(one, input) {
    if (input.value === "" && !input.validity.badInput) return undefined;
    const value = Number(input.value);
    const sound = !input.validity.badInput && Number.isFinite(value) && (one.least === undefined || value >= one.least) && (one.most === undefined || value <= one.most);
    if (!sound) throw new Error(`${one.name}: expected a number from ${one.least ?? "–"} to ${one.most ?? "–"}`);
    return value;
  }

  #alsoKmh(made, input, one) {
    const help = made.querySelector("small");
    const say = () => {
      const value = Number(input.value || input.placeholder);
      help.textContent = Number.isFinite(value) && value > 0 ? `${one.sentence} ${Math.round(value * 36) / 10} km/h.` : one.sentence;
    };
    input.addEventListener("input", say);
    say();
  }

  #gates(one, now) {
    const boxes = this.given.lines.flatMap((line) => ["forward", "backward"].map((direction) => {
      const box = el("input", { type: "checkbox", checked: now.some((gate) => gate.line === line && gate.direction === direction) });
      return { box, line, direction, node: el("label", { class: "tick" }, box, `${line}, ${direction}`) };
    }));
    this.readers.set(one.name, () => boxes.filter(({ box }) => box.checked).map(({ line, direction }) => ({ line, direction })));
    return el("fieldset", { "data-field": one.name }, el("legend", {}, `${one.text}: ${one.sentence}`),
      boxes.length ? boxes.map(({ node }) => node) : el("p", { class: "empty" }, "Draw the lines first."));
  }

  #arrow(one) {
    const said = el("span", {});
    const say = () => { said.textContent = this.arrow ? "Drawn." : "Learnt from traffic."; };
    say();
    this.readers.set("arrow", () => this.arrow ?? undefined);
    return el("fieldset", { "data-field": "arrow" }, el("legend", {}, one.sentence), said,
      el("div", { class: "row" },
        el("button", { type: "button", class: "small", onclick: async () => {
          const drawn = await this.given.drawArrow();
          if (drawn) this.arrow = tidy(drawn);
          say();
        } }, "Draw it"),
        el("button", { type: "button", class: "small plain", onclick: () => { this.arrow = null; say(); } }, "Learn it")));
  }

  #classes() {
    const now = this.rule.classes ?? [];
    const boxes = CLASS_ORDER.map((name) => ({ name, box: el("input", { type: "checkbox", checked: now.includes(name) }) }));
    this.readers.set("classes", () => boxes.filter(({ box }) => box.checked).map(({ name }) => name));
    return el("details", { open: now.length > 0 }, el("summary", {}, "Only some classes"),
      el("div", { class: "ticks" }, boxes.map(({ name, box }) => el("label", { class: "tick" }, box, name))));
  }

  #hours() {
    const now = this.rule.hours ?? [];
    if (now.length > 1) {
      this.readers.set("hours", () => now);
      return el("p", { class: "empty" }, `Holds in ${now.length} spans of hours, which stand in the site's file.`);
    }
    const [span] = now;
    const days = DAYS.map(([day, text]) => ({ day, text, box: el("input", { type: "checkbox", checked: span ? (span.days ?? DAYS.map(([one]) => one)).includes(day) : true }) }));
    const from = el("input", { type: "time", name: "from", value: span?.from?.slice(0, 5) ?? "00:00" });
    const to = el("input", { type: "time", name: "to", value: span?.to?.slice(0, 5) ?? "00:00" });
    this.readers.set("hours", () => {
      const chosen = days.filter(({ box }) => box.checked).map(({ day }) => day);
      const always = chosen.length === DAYS.length && from.value === to.value;
      return always ? [] : [{ days: chosen, from: from.value || "00:00", to: to.value || "00:00" }];
    });
    return el("details", { open: now.length > 0 }, el("summary", {}, "Only at some hours"),
      el("div", { class: "ticks" }, days.map(({ text, box }) => el("label", { class: "tick" }, box, text))),
      el("div", { class: "pair" }, field("From", from), field("To", to, "The same as From: the whole day.")));
  }

  #done() {
    const rule = { type: this.type.value, name: this.named.value.trim() };
    try {
      for (const [name, read] of this.readers) {
        const value = read();
        if (value !== undefined && !(Array.isArray(value) && value.length === 0)) rule[name] = value;
      }
    } catch (error) { // a number that cannot be
      this.given.refuse(this.node, this.fault, error);
      return;
    }
    const missing = describe(this.given.schema, rule.type).fields.find(({ name, required }) => required && rule[name] === undefined);
    if (rule.name === "") this.given.refuse(this.node, this.fault, new Error("name: expected a name"));
    else if (this.given.taken.includes(rule.name)) this.given.refuse(this.node, this.fault, new Error("name: expected another name, a rule has this one"));
    else if (missing) this.given.refuse(this.node, this.fault, new Error(`${missing.name}: expected one, draw it first`));
    else this.given.done(rule);
  }
}
