// Choosing roles and where they hold.

import { el } from "../dom.js";
import { grantText, options, ROLES } from "./parts.js";

export class Grants {
  // site: its name; cameras: names; now: the roles somebody has
  constructor(site, cameras, now = []) {
    this.site = site;
    this.roles = structuredClone(now);
    this.list = el("ul", { class: "grants" });
    this.role = el("select", { "aria-label": "Role" }, options(ROLES, "viewer"));
    this.where = el("select", { "aria-label": "Where" }, options([["", "all cameras"], ...cameras.map((name) => [name, name])], ""));
    this.node = el("fieldset", { "data-field": "roles" }, el("legend", {}, "Roles"), this.list,
      el("div", { class: "row" }, this.role, this.where, el("button", { type: "button", class: "small", onclick: () => this.#add() }, "Add role")),
      el("span", { class: "fault", role: "alert", hidden: true }));
    this.#draw();
  }

  // What was chosen; the role in the fields where none was added.
  value() { return this.roles.length ? this.roles : [this.#chosen()]; }

  #chosen() { return { role: this.role.value, site: this.site, camera: this.where.value || null }; }

  #add() {
    const chosen = this.#chosen();
    if (!this.roles.some((one) => JSON.stringify(one) === JSON.stringify(chosen))) this.roles.push(chosen);
    this.#draw();
  }

  #draw() {
    this.list.replaceChildren(...this.roles.map((one, i) => el("li", {}, grantText(one),
      el("button", { type: "button", class: "small plain danger", "aria-label": `Take away ${grantText(one)}`, onclick: () => { this.roles.splice(i, 1); this.#draw(); } }, "Take away"))));
  }
}
