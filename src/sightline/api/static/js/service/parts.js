// Parts that several views of a service share: a card, a fault, a field with its sentence, a text shown once, a question.

import { el } from "../dom.js";

export function card(title, body, { tools = [], label = title } = {}) {
  return el("section", { class: "card", "aria-label": label },
    el("header", {}, el("h2", {}, title), el("span", { class: "spring" }), tools), el("div", { class: "body" }, body));
}

export function head(title, ...more) { return el("div", { class: "head" }, el("h1", {}, title), more); }

// A table of numbers; on a phone each row becomes a paragraph with its numbers named. rows: [{first, values, ...attributes}].
export function sums(columns, rows) {
  return el("table", { class: "sums" },
    el("thead", {}, el("tr", {}, columns.map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, rows.map(({ first, values, last = "", ...attributes }) => el("tr", attributes, el("td", {}, first),
      values.map((value, i) => el("td", { "data-label": columns[i + 1], class: i === values.length - 1 ? last : "" }, String(value)))))));
}

// A place for one sentence about what went wrong, told to screen readers.
export class Fault {
  constructor() { this.node = el("p", { class: "fault", role: "alert", hidden: true }); }

  say(sentence) {
    this.node.hidden = !sentence;
    this.node.textContent = sentence;
  }

  // Runs, and says what went wrong; true where nothing did.
  async around(run) {
    this.say("");
    try {
      await run();
      return true;
    } catch (error) {
      this.say(refusal(error));
      return false;
    }
  }
}

// The sentence for people: without the place in the site's file, which is for who edits that.
export function refusal(error) {
  if (error.status === 403) return `This is not yours to do (${error.message}).`;
  if (error.status === 429) return `Too many requests; try again in ${error.waitS ?? 1} s.`;
  return error.message.replace(/^\S+ line \d+: (?:cameras\.[^:]*?(?=\.[a-z_]+[.:]|:)[.:]\s?)?/, "");
}

let numbered = 0;

// A labelled field; sentence: what it means, tied to it for screen readers; its fault has a place of its own.
export function field(text, input, sentence = "") {
  numbered += 1;
  const help = el("small", { id: `help-${numbered}` }, sentence);
  const fault = el("span", { class: "fault", id: `fault-${numbered}`, role: "alert", hidden: true });
  input.setAttribute("aria-describedby", `help-${numbered} fault-${numbered}`);
  return el("label", { class: "field", "data-field": input.name || "" }, el("span", {}, text), input, sentence ? help : null, fault);
}

// Says a refusal beside the field it is about: the last part of its key (before "expected") that is one's name; else in
// the form's fault.
export function place(form, fault, error) {
  for (const node of form.querySelectorAll(".field > .fault")) node.hidden = true;
  const sentence = refusal(error);
  const key = /^(.*?):\s+(?=expected )/.exec(sentence)?.[1] ?? /^([^:]*): /.exec(sentence)?.[1] ?? "";
  const parts = key.split(/[.:\s]+/).filter(Boolean).reverse();
  const found = parts.map((part) => form.querySelector(`[data-field="${CSS.escape(part)}"]`)).find(Boolean);
  if (!found) { fault.say(sentence); return; }
  fault.say("");
  const spot = found.querySelector(".fault");
  spot.hidden = false;
  spot.textContent = sentence;
  found.querySelector("input, select")?.focus();
}

export function options(choices, current) {
  return choices.map(([value, text]) => el("option", { value, selected: value === current }, text));
}

// A secret that is shown this once.
export function once(title, text, sentence) {
  const input = el("input", { readOnly: true, value: text, "aria-label": title, class: "secret", onfocus: (event) => event.currentTarget.select() });
  const box = el("div", { class: "once", role: "status" }, el("strong", {}, title), el("p", {}, sentence), input,
    el("div", { class: "row" },
      el("button", { type: "button", class: "small main", onclick: (event) => copy(text, event.currentTarget) }, "Copy"),
      el("button", { type: "button", class: "small", onclick: () => box.remove() }, "I have it, hide it")));
  return box;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch { // no clipboard without TLS: it can be marked and copied by hand
    button.closest(".once").querySelector("input").select();
    button.textContent = "Press Ctrl+C";
  }
}

// A button that asks again before it does something that cannot be undone.
export function sure(text, question, act, props = {}) {
  const button = el("button", { type: "button", class: "small plain danger", ...props, onclick: () => {
    const yes = el("button", { type: "button", class: "small danger", onclick: async () => { yes.disabled = true; await act(); restore(); } }, question);
    const no = el("button", { type: "button", class: "small", onclick: () => restore() }, "Keep");
    const asked = el("span", { class: "asked", onkeydown: (event) => { if (event.key === "Escape") restore(); } }, yes, no);
    const restore = () => { if (asked.isConnected) { asked.replaceWith(button); button.focus(); } };
    button.replaceWith(asked);
    yes.focus();
  } }, text);
  return button;
}

export function whenText(ns) { return ns === null ? "–" : new Date(ns / 1e6).toLocaleString([], { hour12: false, dateStyle: "short", timeStyle: "medium" }); }

const ROLE_NAMES = { viewer: "Viewer", operator: "Operator", admin: "Admin", privacy_officer: "Privacy officer" };
export const ROLES = Object.entries(ROLE_NAMES);

export function grantText({ role, site, camera }) {
  const where = camera ? ` at ${camera}` : site ? ` at ${site}` : "";
  return `${ROLE_NAMES[role] ?? role}${where}`;
}
