// What is drawn and told about one camera while somebody changes it: the draft, its history, and what is not saved yet.

import { tidy } from "./shapes.js";

const PARTS = ["lines", "zones", "rules", "ground"];

// The entry's parts that are drawn; suggested: the line that the program drew by itself where nobody drew one.
function drawn(entry, suggested) {
  const lines = Object.keys(entry.lines ?? {}).length ? entry.lines : Object.fromEntries(suggested.map(({ name, start, end }) => [name, [start, end]]));
  return { lines, zones: entry.zones ?? {}, rules: entry.rules ?? [], ground: entry.ground ?? null };
}

export class Drawing {
  constructor(entry, suggested) {
    this.saved = JSON.stringify(drawn(entry, suggested));
    this.now = JSON.parse(this.saved);
    this.history = [];
  }

  get dirty() { return JSON.stringify(this.now) !== this.saved; }
  get names() { return { lines: Object.keys(this.now.lines), zones: Object.keys(this.now.zones), rules: this.now.rules.map(({ name }) => name) }; }

  change(run) {
    this.history.push(JSON.stringify(this.now));
    run(this.now);
  }

  undo() { if (this.history.length) this.now = JSON.parse(this.history.pop()); }

  discard() {
    this.now = JSON.parse(this.saved);
    this.history = [];
  }

  // The members to send: those that changed, nothing of a part that is empty.
  members() {
    const before = JSON.parse(this.saved);
    const empty = (part) => part === null || Object.keys(part).length === 0;
    return Object.fromEntries(PARTS.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(this.now[part]))
      .map((part) => [part, empty(this.now[part]) ? null : this.now[part]]));
  }

  // After it was saved.
  keep() {
    this.saved = JSON.stringify(this.now);
    this.history = [];
  }

  // A line or zone gets other points, and perhaps another name, which the rules then use too; before: null for a new one.
  putShape(part, before, name, points) {
    this.change((now) => {
      const entries = Object.entries(now[part]);
      const at = entries.findIndex(([one]) => one === before);
      if (at < 0) entries.push([name, tidy(points)]);
      else entries[at] = [name, tidy(points)];
      now[part] = Object.fromEntries(entries);
      if (before !== null && before !== name) rename(now.rules, part === "lines" ? "line" : "zone", before, name);
    });
  }

  dropShape(part, name) { this.change((now) => { delete now[part][name]; }); }

  // Names of the rules that use a line or zone.
  usersOf(part, name) {
    const key = part === "lines" ? "line" : "zone";
    const gates = (rule) => [...(rule.entries ?? []), ...(rule.exits ?? [])];
    return this.now.rules.filter((rule) => rule[key] === name || (key === "line" && gates(rule).some(({ line }) => line === name))).map((rule) => rule.name);
  }
}

function rename(rules, key, before, name) {
  for (const rule of rules) {
    if (rule[key] === before) rule[key] = name;
    for (const gate of key === "line" ? [...(rule.entries ?? []), ...(rule.exits ?? [])] : []) if (gate.line === before) gate.line = name;
  }
}
