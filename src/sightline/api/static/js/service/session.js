// Who is signed in, what they may, and the word their changes carry.

import { call, send } from "../api.js";

// As the server has it: who has a role also has those it stands above.
const IMPLIED = {
  viewer: ["viewer"],
  operator: ["viewer", "operator"],
  admin: ["viewer", "operator", "admin"],
  privacy_officer: ["privacy_officer"],
};

export class Session extends EventTarget {
  constructor() {
    super();
    this.me = null;
    this.over = false; // it was signed in, and no longer is
  }

  get word() { return this.me?.csrf ?? null; }
  get site() { return this.me?.site ?? ""; }

  // Whether one of the roles holds at a camera; without one: at the whole site.
  may(roles, camera = null) {
    return this.#grants(roles).some((one) => one.camera === null || one.camera === camera);
  }

  // Whether one of the roles holds at some camera at least.
  somewhere(roles) { return this.#grants(roles).length > 0; }

  #grants(roles) {
    const wanted = [roles].flat();
    return (this.me?.roles ?? []).filter(({ role, site }) => (site === null || site === this.site) && wanted.some((one) => IMPLIED[role]?.includes(one)));
  }

  // Asks the server; null where nobody is signed in (any more).
  async check() {
    try {
      this.#take(await call("/api/v1/me"));
    } catch (error) {
      if (error.status !== 401) throw error;
      return null;
    }
    return this.me;
  }

  // The server said that nobody is signed in.
  end() {
    if (this.over) return;
    this.over = true;
    this.dispatchEvent(new Event("over"));
  }

  async signIn(name, password) { this.#take(await send("/api/v1/login", "POST", { name, password })); }

  async redeem(token, password) { this.#take(await send("/api/v1/invitation", "POST", { token, password })); }

  async changePassword(current, next) { this.#take(await send("/api/v1/me/password", "POST", { current, new: next })); }

  // A fresh page afterwards: nothing of this person stays in it.
  async signOut(everywhere = false) {
    await send("/api/v1/logout", "POST", { everywhere });
    this.over = true;
    location.replace("/");
  }

  #take(me) {
    const another = this.me !== null && this.me.name !== me.name;
    this.me = me;
    this.over = false;
    this.dispatchEvent(new CustomEvent("begun", { detail: { another } }));
  }
}
