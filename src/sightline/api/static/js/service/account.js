// One's own account: roles, password, sessions, API tokens.

import { el } from "../dom.js";
import { fetchCameras, fetchTokens, makeToken, revokeToken } from "./calls.js";
import { Grants } from "./grants.js";
import { card, Fault, field, grantText, head, once, place, sure, whenText } from "./parts.js";

export class AccountView {
  constructor(session) {
    this.session = session;
    this.fault = new Fault();
    this.secret = el("div", {});
    this.tokens = el("div", {});
    this.sessions = el("div", {});
    this.making = el("div", {});
    this.node = el("div", {}, head("Your account"), this.fault.node,
      el("div", { class: "halves" },
        el("div", { class: "column" },
          card("Roles", el("ul", { class: "grants" }, session.me.roles.map((one) => el("li", {}, grantText(one))))),
          card("Password", this.#password()),
          card("Signed in", this.sessions)),
        el("div", { class: "column" },
          card("API tokens", [this.secret, this.tokens, this.making], { tools: el("button", { type: "button", class: "small", id: "make-token", onclick: () => this.#open() }, "New token") }))));
    this.#load();
  }

  close() {}

  async #load() {
    await this.fault.around(async () => {
      await this.session.check();
      this.#drawSessions();
      this.#drawTokens(await fetchTokens());
    });
  }

  #drawSessions() {
    const all = this.session.me.sessions;
    this.sessions.replaceChildren(
      el("ul", { class: "grants" }, all.map((one) => el("li", {}, `${one.this ? "Here" : "Elsewhere"}, since ${whenText(one.created_ns)}, last seen ${whenText(one.seen_ns)}`))),
      el("div", { class: "row" }, el("button", { type: "button", class: "small", id: "sign-out-everywhere", onclick: () => this.fault.around(() => this.session.signOut(true)) }, "Sign out everywhere")));
  }

  #password() {
    const current = el("input", { name: "current", type: "password", required: true, autocomplete: "current-password", maxLength: 1000 });
    const next = el("input", { name: "password", type: "password", required: true, autocomplete: "new-password", maxLength: 1000 });
    const fault = new Fault();
    const done = el("p", { class: "done", role: "status" });
    const form = el("form", { class: "form", novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      done.textContent = "";
      try {
        await this.session.changePassword(current.value, next.value);
        form.reset();
        done.textContent = "Changed. Your other sessions have ended.";
        this.#drawSessions();
      } catch (error) { place(form, fault, error.status === 401 ? new Error("current: this is not your password now") : error); }
    } },
      field("Password now", current), field("New password", next, "At least 12 characters of any kind."), fault.node, done,
      el("div", { class: "row" }, el("button", { class: "small main", id: "change-password" }, "Change password")));
    return form;
  }

  #drawTokens(tokens) {
    const alive = tokens.filter(({ revoked }) => !revoked);
    const act = (run) => async () => { if (await this.fault.around(run)) await this.#load(); };
    this.tokens.replaceChildren(alive.length ? el("ul", { class: "grants tokens" }, alive.map((one) => el("li", { "data-token": one.name },
      el("span", { class: "label" }, `${one.name}${one.owner === this.session.me.name ? "" : ` (${one.owner})`}`,
        el("small", {}, `${one.roles.map(grantText).join(", ")} · until ${whenText(one.expires_ns)} · used ${one.last_used_ns === null ? "never" : whenText(one.last_used_ns)}`)),
      sure("Revoke", `Really revoke ${one.name}`, act(() => revokeToken(one.id)), { "aria-label": `Revoke ${one.name}` }))))
      : el("p", { class: "empty" }, "None. A token lets a program ask this service, with some of your roles."));
  }

  async #open() {
    let cameras = [];
    if (!await this.fault.around(async () => { cameras = (await fetchCameras()).map(({ name }) => name); })) return;
    const name = el("input", { name: "name", required: true, maxLength: 80, autocomplete: "off" });
    const days = el("input", { name: "days", type: "number", min: 1, max: 365, value: 90, required: true });
    const grants = new Grants(this.session.site, cameras);
    const fault = new Fault();
    const leave = () => this.making.replaceChildren();
    const form = el("form", { class: "form part", novalidate: true, onkeydown: (event) => { if (event.key === "Escape") leave(); }, onsubmit: async (event) => {
      event.preventDefault();
      try {
        const made = await makeToken(name.value.trim(), grants.value(), Number(days.value));
        leave();
        this.secret.replaceChildren(once(`Token ${made.token.name}`, made.text, "It is shown only now. Send it as Authorization: Bearer."));
        this.secret.querySelector("input").focus();
        this.#drawTokens(await fetchTokens());
      } catch (error) { place(form, fault, error); }
    } }, el("div", { class: "pair" }, field("Name", name), field("Days", days)), grants.node, fault.node,
      el("div", { class: "row" }, el("button", { class: "small main", id: "save-token" }, "Make token"), el("button", { type: "button", class: "small plain", onclick: leave }, "Cancel")));
    this.making.replaceChildren(form);
    name.focus();
  }
}
