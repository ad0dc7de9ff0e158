// The way in: a name and a password, a first password by a one-time token, or the organisation's own sign-in.

import { call } from "../api.js";
import { el } from "../dom.js";

const LEAST = 12; // characters of a password; the server checks it too

// The sentence for a refusal at the door.
function said(error) {
  if (error.status === 429) return `Too many tries. Wait ${error.waitS ?? 60} s, then try again.`;
  if (error.status === 401 && error.message.startsWith("login:")) return "This name and password do not belong together.";
  if (error.status === 401 && error.message.startsWith("token:")) return "This one-time address is used up or too old. Ask for a new one.";
  return error.message;
}

// Takes the one-time token out of the address bar; null where there is none.
export function takeToken() {
  const found = /^#welcome=([A-Za-z0-9._-]{1,200})$/.exec(location.hash);
  if (found === null) return null;
  history.replaceState(null, "", "/");
  return found[1];
}

export class Door {
  constructor(session, node) {
    this.session = session;
    this.node = node;
    this.locked = false;
    node.addEventListener("cancel", (event) => event.preventDefault()); // Escape does not let anybody in
    node.addEventListener("close", () => { if (this.locked) this.#show(); });
  }

  // Asks until somebody is signed in; token: a one-time token, or null.
  async ask(token = null) {
    this.fault = el("p", { class: "fault", role: "alert", hidden: true });
    if (token !== null) this.#choose(token);
    else await this.#signIn();
    this.locked = true;
    this.#show();
    this.node.querySelector("input")?.focus();
  }

  leave() {
    this.locked = false;
    this.node.close();
    this.node.replaceChildren();
  }

  #show() { if (!this.node.open) this.node.showModal(); }

  #fail(sentence) {
    this.fault.hidden = false;
    this.fault.textContent = sentence;
  }

  async #try(form, enter) {
    const button = form.querySelector("button");
    button.disabled = true;
    this.fault.hidden = true;
    try {
      await enter();
      this.leave();
    } catch (error) {
      this.#fail(said(error));
      button.disabled = false;
      form.querySelector("input[type=password]")?.select();
    }
  }

  async #signIn() {
    const over = this.session.me !== null;
    const name = el("input", { id: "sign-in-name", name: "name", required: true, autocomplete: "username", maxLength: 100, value: over ? this.session.me.name : "" });
    const password = el("input", { id: "sign-in-password", name: "password", type: "password", required: true, autocomplete: "current-password", maxLength: 1000 });
    const ways = await call("/api/v1/login").catch((error) => { this.#fail(said(error)); return {}; });
    const form = el("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      this.#try(form, () => this.session.signIn(name.value, password.value));
    } },
      el("label", {}, "Name", name), el("label", {}, "Password", password), this.fault,
      el("button", { class: "main", id: "sign-in" }, "Sign in"));
    this.node.replaceChildren(
      el("h1", { id: "door-title" }, over ? "Your session has ended" : "Sign in to Sightline"),
      over ? el("p", { class: "empty" }, "Sign in again and go on where you were.") : "", form,
      ways.single_sign_on ? el("p", { class: "or" }, el("span", {}, "or")) : "",
      ways.single_sign_on ? el("a", { class: "button wide", href: ways.single_sign_on_address }, ways.single_sign_on) : "");
    if (new URLSearchParams(location.search).get("sign_in") === "refused") {
      history.replaceState(null, "", `/${location.hash}`);
      this.#fail("The single sign-on did not let you in. Ask whoever looks after this service for a role.");
    }
  }

  #choose(token) {
    const first = el("input", { id: "new-password", name: "new", type: "password", required: true, autocomplete: "new-password", minLength: LEAST, maxLength: 1000 });
    const again = el("input", { id: "new-password-again", name: "again", type: "password", required: true, autocomplete: "new-password", maxLength: 1000 });
    const form = el("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      if (first.value !== again.value) { this.#fail("The two passwords are not the same."); return; }
      this.#try(form, () => this.session.redeem(token, first.value));
    } },
      el("label", {}, "Password", first), el("label", {}, "The same again", again),
      el("p", { class: "empty" }, `At least ${LEAST} characters of any kind; a few words that belong to nobody else are best.`),
      this.fault, el("button", { class: "main", id: "choose-password" }, "Choose password"),
      el("button", { type: "button", class: "plain", id: "have-password", onclick: () => this.ask() }, "I have a password"));
    this.node.replaceChildren(el("h1", { id: "door-title" }, "Welcome. Choose your password"), form);
  }
}
