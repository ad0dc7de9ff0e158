// The audit log: who did what, newest first, and whether the log is whole.

import { el } from "../dom.js";
import { countText } from "../words.js";
import { checkAudit, fetchAudit } from "./calls.js";
import { Fault, field, head, whenText } from "./parts.js";

const PAGE = 100;

export class AuditView {
  constructor() {
    this.fault = new Fault();
    this.who = el("input", { name: "who", maxLength: 200, autocomplete: "off", onchange: () => this.refresh() });
    this.what = el("input", { name: "what", maxLength: 100, autocomplete: "off", placeholder: "login", onchange: () => this.refresh() });
    this.verdict = el("p", { class: "verdict", role: "status", hidden: true });
    this.body = el("tbody", {});
    this.more = el("button", { type: "button", hidden: true, onclick: () => this.#older() }, "Older entries");
    this.check = el("button", { type: "button", class: "main", id: "check-audit", onclick: () => this.#check() }, "Check the log");
    this.node = el("div", {},
      head("Audit log", el("span", { class: "spring" }), this.check), this.verdict,
      el("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => { event.preventDefault(); this.refresh(); } },
        field("Who", this.who), field("What", this.what)),
      this.fault.node,
      el("section", { class: "card", "aria-label": "Entries" }, el("div", { class: "body" },
        el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "List of entries" },
          el("table", { class: "list" }, el("thead", {}, el("tr", {}, ["Number", "Time", "Who", "What", "About", "Detail"].map((word) => el("th", { scope: "col" }, word)))), this.body)),
        this.more)));
    this.refresh();
  }

  close() {}

  async refresh() {
    await this.fault.around(async () => {
      const entries = await fetchAudit({ who: this.who.value.trim(), what: this.what.value.trim(), limit: PAGE });
      this.body.replaceChildren(...entries.map(row));
      this.#end(entries);
    });
  }

  async #older() {
    await this.fault.around(async () => {
      const entries = await fetchAudit({ who: this.who.value.trim(), what: this.what.value.trim(), limit: PAGE, before_seq: this.last });
      this.body.append(...entries.map(row));
      this.#end(entries);
    });
  }

  #end(entries) {
    this.last = entries.at(-1)?.seq ?? this.last;
    this.more.hidden = entries.length < PAGE;
  }

  async #check() {
    this.check.disabled = true;
    await this.fault.around(async () => {
      const { sound, entries, anchored, broken_seq: broken, reason } = await checkAudit();
      this.verdict.hidden = false;
      this.verdict.className = `verdict ${sound ? "good" : "bad"}`;
      this.verdict.textContent = sound
        ? `The log is whole: ${countText(entries)} entries in an unbroken chain, ${countText(anchored)} of them vouched for by the anchor.`
        : `The log is not whole${broken === null ? "" : `: entry ${broken}`}. ${reason}`;
    });
    this.check.disabled = false;
  }
}

function row({ seq, time_ns: time, who, what, subject, detail }) {
  const said = Object.entries(detail).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ");
  return el("tr", { "data-what": what }, [String(seq), whenText(time), who, what, subject, said].map((text) => el("td", {}, text)));
}
