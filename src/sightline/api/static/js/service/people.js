// Who may use the service: inviting, roles, disabling, removing.

import { el } from "../dom.js";
import { changeUser, fetchCameras, fetchUsers, invite, inviteAgain, removeUser } from "./calls.js";
import { Grants } from "./grants.js";
import { Fault, field, grantText, head, once, place, sure, whenText } from "./parts.js";

export class PeopleView {
  constructor(session) {
    this.session = session;
    this.cameras = [];
    this.fault = new Fault();
    this.opened = el("div", {});
    this.secret = el("div", {});
    this.list = el("ul", { class: "cards" });
    this.add = el("button", { type: "button", class: "main", id: "invite", onclick: () => this.#open() }, "Invite somebody");
    this.node = el("div", {}, head("People", el("span", { class: "spring" }), this.add), this.fault.node, this.secret, this.opened, this.list);
    this.#load();
  }

  close() {}

  async #load() {
    await this.fault.around(async () => {
      this.cameras = (await fetchCameras()).map(({ name }) => name);
      await this.#refresh();
    });
  }

  async #refresh() {
    const users = await fetchUsers();
    this.list.replaceChildren(...users.map((user) => this.#row(user)));
  }

  // Runs, then shows people as they are now.
  #act(run) {
    return async () => { await this.fault.around(async () => { await run(); await this.#refresh(); }); };
  }

  #row(user) {
    const own = user.name === this.session.me.name;
    const body = el("div", { class: "body" }, el("ul", { class: "grants" }, user.roles.map((one) => el("li", {}, grantText(one)))),
      user.roles.length ? null : el("p", { class: "empty" }, "No roles."));
    const state = user.disabled ? el("span", { class: "chip bad" }, "disabled") : user.by === "invitation" ? el("span", { class: "chip warn" }, "invited") : el("span", { class: "chip good" }, "active");
    return el("li", { class: "card", "data-user": user.name },
      el("header", {}, el("span", { class: "name" }, user.name), state, el("span", { class: "quiet" }, `${own ? "you · " : ""}by ${user.by} · since ${whenText(user.created_ns)}`)),
      body,
      el("div", { class: "tools" },
        el("button", { type: "button", class: "small", "aria-label": `Change the roles of ${user.name}`, onclick: () => this.#roles(user, body) }, "Change roles"),
        own ? null : el("button", { type: "button", class: "small", "aria-label": `${user.disabled ? "Enable" : "Disable"} ${user.name}`, onclick: this.#act(() => changeUser(user.id, { disabled: !user.disabled })) }, user.disabled ? "Enable" : "Disable"),
        own || user.by === "single sign-on" ? null : sure("Invite anew", `Really end the password of ${user.name}`, this.#act(async () => this.#show(await inviteAgain(user.id))), { "aria-label": `Invite ${user.name} anew` }),
        own ? null : sure("Remove", `Really remove ${user.name}`, this.#act(() => removeUser(user.id)), { "aria-label": `Remove ${user.name}` })));
  }

  #show({ user, token }) {
    this.secret.replaceChildren(once(`One-time address for ${user.name}`, `${location.origin}/#welcome=${token}`, "Give it to this person by a way you trust. It lets them choose a password, once, and is shown only now."));
    this.secret.querySelector("input").focus();
  }

  #roles(user, body) {
    const grants = new Grants(this.session.site, this.cameras, user.roles);
    const fault = new Fault();
    const form = el("form", { class: "form", onkeydown: (event) => { if (event.key === "Escape") this.#load(); }, onsubmit: async (event) => {
      event.preventDefault();
      try {
        await changeUser(user.id, { roles: grants.roles });
        await this.#load();
      } catch (error) { place(form, fault, error); }
    } }, grants.node, fault.node,
      el("div", { class: "row" }, el("button", { class: "small main" }, "Save roles"), el("button", { type: "button", class: "small plain", onclick: () => this.#load() }, "Cancel")));
    body.replaceChildren(form);
    form.querySelector("select").focus();
  }

  #open() {
    const name = el("input", { name: "name", id: "new-user", required: true, maxLength: 80, autocomplete: "off" });
    const grants = new Grants(this.session.site, this.cameras);
    const fault = new Fault();
    const leave = () => { this.opened.replaceChildren(); this.add.focus(); };
    const form = el("form", { class: "form", novalidate: true, onkeydown: (event) => { if (event.key === "Escape") leave(); }, onsubmit: async (event) => {
      event.preventDefault();
      try {
        const made = await invite(name.value, grants.value());
        leave();
        this.#show(made);
        await this.#refresh();
      } catch (error) { place(form, fault, error); }
    } }, field("Name", name, "Letters, digits and . _ - @ +"), grants.node, fault.node,
      el("div", { class: "row" }, el("button", { class: "main", id: "send-invitation" }, "Invite"), el("button", { type: "button", class: "plain", onclick: leave }, "Cancel")));
    this.opened.replaceChildren(el("section", { class: "card new", "aria-label": "Invitation" }, el("header", {}, el("h2", {}, "Invitation")), el("div", { class: "body" }, form)));
    name.focus();
  }
}
