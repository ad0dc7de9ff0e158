// Lines, zones and rules of one camera: drawn on its picture, tried live, saved together.

import { fetchLines } from "../api.js";
import { el, refill } from "../dom.js";
import { ruleSentence } from "../events.js";
import { changeCamera, fetchEntry, fetchSchema } from "./calls.js";
import { Drawing } from "./drawing.js";
import { GroundForm } from "./ground.js";
import { Fault, place, refusal } from "./parts.js";
import { Pen } from "./pen.js";
import { RuleForm, TYPES } from "./ruleform.js";
import { footOf, freeName, isInside, paintDots, paintShape, paintWords, split, toneOf, topOf } from "./shapes.js";

const LIT_MS = 6000; // a rule that fired stays lit so long
const KINDS = { lines: "line", zones: "zone" };

export class RuleEditor {
  constructor({ feed, stage, changed, page, mayEdit }) {
    Object.assign(this, { feed, stage, changed, page, mayEdit });
    page.drafts ??= new Map(); // camera -> what is not saved yet, also when another view was open meanwhile
    this.drawing = page.drafts.get(feed.name) ?? null;
    this.schema = null;
    this.totals = {};
    this.form = null; // what is open: {kind: "shape" | "rule" | "ground", ...}
    this.pen = new Pen(stage);
    this.fault = new Fault();
    this.tools = mayEdit ? ["line", "zone", "rule", "ground"].map((what) => el("button", {
      type: "button", class: "small", id: `add-${what}`, disabled: true, onclick: (event) => this.#begin(what, event),
    }, { line: "Line", zone: "Zone", rule: "Rule", ground: "Metres" }[what])) : [];
    this.opened = el("div", { class: "opened" });
    this.list = el("div", {});
    this.foot = el("div", { class: "unsaved", hidden: true });
    this.node = el("section", { class: "card rules", "aria-label": "Lines, zones and rules" },
      el("header", {}, el("h2", {}, "Lines, zones, rules"), el("span", { class: "spring" }), el("span", { class: "switches", role: "group", "aria-label": "Add" }, this.tools)),
      el("div", { class: "body" }, this.opened, this.list, this.fault.node), this.foot);
    stage.paint = (...where) => this.#paint(...where);
    this.abort = new AbortController();
    addEventListener("beforeunload", (event) => { if (this.drawing?.dirty) event.preventDefault(); }, { signal: this.abort.signal });
    this.#load();
  }

  get busy() { return this.pen.busy; }

  close() {
    this.abort.abort();
    if (this.drawing?.dirty) this.page.drafts.set(this.feed.name, this.drawing);
    else this.page.drafts.delete(this.feed.name);
    this.form = null;
    this.stage.paint = null;
    this.stage.extra = null;
    this.pen.close();
  }

  async #load() {
    await this.fault.around(async () => {
      const [entry, lines, schema] = await Promise.all([fetchEntry(this.feed.name), fetchLines(this.feed.name), this.mayEdit ? fetchSchema() : null]);
      this.schema = schema;
      this.drawing ??= new Drawing(entry, lines);
      for (const tool of this.tools) tool.disabled = false;
      this.#show();
    });
  }

  // The draft as it is now, on the picture and in the list.
  #show() {
    this.feed.setLines(Object.entries(this.drawing.now.lines).map(([name, [start, end]]) => ({ name, start, end })));
    this.stage.draw();
    this.render();
  }

  render(totals = this.totals) {
    this.totals = totals;
    if (this.drawing === null) return;
    const { lines, zones, rules } = this.drawing.now;
    const rows = [
      ...Object.keys(lines).map((name) => ["lines", name, `${this.#sum(name, "forward")} forward · ${this.#sum(name, "backward")} backward`, false]),
      ...Object.keys(zones).map((name) => ["zones", name, ...this.#within(zones[name])]),
      ...rules.map((rule) => ["rules", rule.name, ...this.#fired(rule)]),
    ];
    refill(this.list, JSON.stringify([rows, rules.map(({ type }) => type)]), () => this.#rows(rows));
    this.#footer();
  }

  #sum(line, direction) { return Object.values(this.totals[line]?.[direction] ?? {}).reduce((a, b) => a + b, 0); }

  // Who is in a zone on the picture shown: [words, whether there is anybody].
  #within(corners, classes = []) {
    const inside = (this.feed.overlay?.objects ?? []).filter((one) => one.id >= 0 && isInside(footOf(one), corners) && (!classes.length || classes.includes(one.label)));
    if (!inside.length) return ["nobody in it now", false];
    const by = Object.groupBy(inside, ({ label }) => label);
    return [`now in it: ${Object.entries(by).map(([label, all]) => `${all.length} ${label}`).join(", ")}`, true];
  }

  // What a rule told last: [words, whether just now].
  #fired(rule) {
    const mine = (event) => event.camera === this.feed.name && (event.rule === rule.name || (rule.type === "line" && event.line === rule.line));
    const last = this.page.events.findLast(mine);
    const about = [TYPES[rule.type] ?? rule.type, rule.zone ?? rule.line].filter(Boolean).join(" · ");
    if (last === undefined) return [about, false];
    const said = last.rule === undefined ? `${last.label} ${last.direction}` : ruleSentence(last).slice(last.rule.length + 2);
    return [`${about} · last: ${said}`, Date.now() - last.time_ns / 1e6 < LIT_MS];
  }

  #rows(rows) {
    if (!rows.length) return el("p", { class: "empty" }, this.mayEdit ? "None yet. Draw a line to count who crosses it, or a zone and a rule about it." : "None yet.");
    const marks = { lines: "╱", rules: "◆" };
    let zone = -1;
    return el("ul", { class: "lines" }, rows.map(([part, name, words, lit]) => {
      if (part === "zones") zone += 1;
      const word = `${KINDS[part] ?? "rule"} ${name}`;
      return el("li", { [`data-${KINDS[part] ?? "rule"}`]: name, class: lit ? "lit" : "" },
        part === "zones" ? el("span", { class: "swatch", tone: toneOf(zone) }) : el("span", { class: "mark", "aria-hidden": "true" }, marks[part]),
        el("span", { class: "label" }, name, el("small", {}, words)),
        this.mayEdit ? el("button", { type: "button", class: "small plain", "aria-label": `Edit ${word}`, onclick: () => this.#edit(part, name) }, "Edit") : null,
        this.mayEdit ? el("button", { type: "button", class: "small plain danger", "aria-label": `Delete ${word}`, onclick: () => this.#drop(part, name) }, "Delete") : null);
    }));
  }

  #footer() {
    const { dirty, history } = this.drawing;
    this.foot.hidden = !this.mayEdit || (!dirty && !history.length);
    if (this.foot.hidden) return;
    refill(this.foot, JSON.stringify([dirty, history.length > 0]), () => [
      el("span", {}, dirty ? "Not saved yet" : "As saved"),
      el("button", { type: "button", class: "small", id: "undo", disabled: !history.length, onclick: () => this.#undo() }, "Undo"),
      el("button", { type: "button", class: "small plain", id: "discard", onclick: () => { this.#leave(); this.drawing.discard(); this.#show(); } }, "Discard"),
      el("button", { type: "button", class: "small main", id: "save-drawing", disabled: !dirty, onclick: () => this.#save() }, "Save"),
    ]);
  }

  #undo() {
    this.#leave();
    this.drawing.undo();
    this.#show();
  }

  #drop(part, name) {
    const users = part === "rules" ? [] : this.drawing.usersOf(part, name);
    if (users.length) {
      this.fault.say(`${name}: ${users.length === 1 ? "the rule" : "the rules"} ${users.join(", ")} would have no ${KINDS[part]} any more; change or delete ${users.length === 1 ? "it" : "them"} first.`);
      return;
    }
    this.fault.say("");
    this.#leave();
    if (part === "rules") this.drawing.change((now) => { now.rules = now.rules.filter((rule) => rule.name !== name); });
    else this.drawing.dropShape(part, name);
    this.#show();
  }

  async #begin(what, event) {
    this.#leave();
    this.fault.say("");
    if (what === "rule") { this.#openRule(null); return; }
    if (what === "ground") { this.#openGround(); return; }
    const part = `${what}s`;
    let points;
    if (event.detail === 0) points = what === "line" ? [[0.25, 0.6], [0.75, 0.6]] : [[0.3, 0.5], [0.7, 0.5], [0.7, 0.85], [0.3, 0.85]]; // by keyboard: moved by arrow keys
    else if (what === "line") points = await this.pen.segment("Drag on the picture from one end of the line to the other");
    else points = await this.pen.polygon("Click the corners; Enter or a click on the first one closes the zone");
    if (points) this.#openShape(part, null, freeName(what === "line" ? "Line" : "Zone", Object.keys(this.drawing.now[part])), points);
  }

  #edit(part, name) {
    this.#leave();
    if (part === "rules") this.#openRule(this.drawing.now.rules.find((rule) => rule.name === name));
    else this.#openShape(part, name, name, structuredClone(this.drawing.now[part][name]));
  }

  // Closes what is open without taking it.
  #leave() {
    this.pen.cancel();
    this.pen.release();
    const was = this.form;
    this.form = null;
    this.opened.replaceChildren();
    this.stage.extra = null;
    this.stage.draw();
    if (was?.back) (this.node.querySelector(was.back) ?? this.tools[0])?.focus();
  }

  #openShape(part, before, name, points) {
    const what = KINDS[part];
    const shape = { kind: "shape", part, before, name, points, back: `#add-${what}` };
    this.form = shape;
    const fault = new Fault();
    const input = el("input", { id: "shape-name", name: "name", value: name, maxLength: 80, required: true, autocomplete: "off", oninput: () => { shape.name = input.value; this.#retouch(); } });
    const done = () => {
      const said = shape.name.trim();
      if (said === "") { fault.say("Expected a name."); return; }
      if (said !== before && said in this.drawing.now[part]) { fault.say(`Expected another name: there is a ${what} ${said}.`); return; }
      this.drawing.putShape(part, before, said, shape.points);
      this.#leave();
      this.#show();
    };
    const form = el("form", { class: "form", onsubmit: (event) => { event.preventDefault(); done(); }, onkeydown: (event) => { if (event.key === "Escape") this.#leave(); } },
      el("label", {}, what === "line" ? "Name of the line" : "Name of the zone", input), fault.node,
      el("div", { class: "row" },
        el("button", { class: "main small", id: "shape-done" }, "Take it"),
        what === "line"
          ? el("button", { type: "button", class: "small", onclick: () => { shape.points.reverse(); this.pen.again(null); this.#retouch(); } }, "Turn direction")
          : el("button", { type: "button", class: "small", onclick: () => { const more = split(shape.points); shape.points = more.corners; this.pen.again(more.at); this.#retouch(); } }, "Add corner"),
        el("button", { type: "button", class: "small plain", onclick: () => this.#leave() }, "Cancel")),
      el("p", { class: "empty" }, what === "line" ? "The arrow shows which way counts as forward. Drag the round ends, or move them with the arrow keys." : "Drag the corners, or move them with the arrow keys; Delete takes a corner away. Who stands with the feet in it is inside."));
    this.opened.replaceChildren(form);
    this.pen.hold(shape, what === "line" ? "end" : "corner", () => this.#retouch());
    this.#retouch();
    input.focus({ preventScroll: true });
    input.select();
  }

  #retouch() {
    const { form } = this;
    if (form?.kind === "shape" && form.part === "lines") this.stage.extra = { name: form.name, start: form.points[0], end: form.points[1], replaces: form.before };
    this.stage.draw();
  }

  #openRule(rule) {
    this.form = { kind: "rule", back: "#add-rule" };
    const names = this.drawing.names;
    const made = new RuleForm({
      schema: this.schema, rule, lines: names.lines, zones: names.zones, taken: names.rules.filter((name) => name !== rule?.name),
      drawArrow: () => this.pen.segment("Drag on the picture the way traffic should go"),
      refuse: place,
      done: (next) => {
        this.drawing.change((now) => {
          const at = now.rules.findIndex(({ name }) => name === rule?.name);
          if (at < 0) now.rules.push(next);
          else now.rules[at] = next;
        });
        this.#leave();
        this.#show();
      },
      cancel: () => this.#leave(),
    });
    this.form.made = made;
    this.opened.replaceChildren(made.node);
    made.type.focus({ preventScroll: true });
    return made;
  }

  #openGround() {
    this.form = { kind: "ground", back: "#add-ground", lengths: () => made?.lengths ?? [] };
    let made = null;
    made = new GroundForm({
      ground: this.drawing.now.ground, pen: this.pen, changed: () => this.stage.draw(),
      done: (ground) => {
        this.drawing.change((now) => { now.ground = ground; });
        this.#leave();
        this.#show();
      },
      cancel: () => this.#leave(),
    });
    this.opened.replaceChildren(made.node);
  }

  async #save() {
    this.#leave();
    const { drawing } = this;
    try {
      await changeCamera(this.feed.name, drawing.members());
    } catch (error) {
      this.#refused(error);
      return;
    }
    this.fault.say("");
    drawing.keep();
    this.#show();
    this.changed();
    this.node.querySelector("#add-line")?.focus({ preventScroll: true });
  }

  // The server's sentence, beside the field of the rule it is about where it names one.
  #refused(error) {
    const found = /rules\.(\d+|[^.:]+)/.exec(error.message);
    const rule = found && (this.drawing.now.rules[Number(found[1])] ?? this.drawing.now.rules.find(({ name }) => name === found[1]));
    if (!rule) { this.fault.say(refusal(error)); return; }
    const made = this.#openRule(rule);
    place(made.node, made.fault, error);
  }

  #paint(ctx, rect, font) {
    const { form } = this;
    if (this.drawing === null || (!this.stage.layers.lines && !this.busy)) return [];
    const words = [];
    for (const [i, [name, corners]] of Object.entries(this.drawing.now.zones).entries()) {
      if (form?.before === name && form.part === "zones") continue;
      words.push(this.#paintZone(ctx, rect, font, name, corners, toneOf(i)));
    }
    if (form?.part === "zones") words.push(this.#paintZone(ctx, rect, font, form.name, form.points, "#8fc9ff", true));
    const lengths = form?.kind === "ground" ? form.lengths() : [];
    for (const [i, { start, end, metres }] of lengths.entries()) {
      paintShape(ctx, rect, [start, end], { tone: "#ffd54a", closed: false });
      words.push(paintWords(ctx, rect, metres ? `${i + 1}: ${metres} m` : String(i + 1), [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.04], font));
    }
    if (this.pen.drawing !== null) {
      const points = [...this.pen.points, ...(this.pen.pointer ? [this.pen.pointer] : [])];
      paintShape(ctx, rect, points, { tone: "#8fc9ff", closed: this.pen.closed, edited: true });
      paintDots(ctx, rect, this.pen.points, "#8fc9ff");
    }
    return words;
  }

  #paintZone(ctx, rect, font, name, corners, tone, edited = false) {
    const feet = (this.feed.overlay?.objects ?? []).filter(({ id }) => id >= 0).map(footOf).filter((foot) => isInside(foot, corners));
    paintShape(ctx, rect, corners, { tone, lit: feet.length > 0, edited });
    paintDots(ctx, rect, feet, tone);
    return paintWords(ctx, rect, feet.length ? `${name}: ${feet.length}` : name, topOf(corners), font);
  }
}
