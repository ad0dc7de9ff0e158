// The cameras of the site: how each is, why it is there; added, paused, changed and taken away.

import { el, refill } from "../dom.js";
import { fpsText, secondsText, STATE_TONE } from "../words.js";
import { addCamera, changeCamera, fetchCameras, fetchEntry, removeCamera } from "./calls.js";
import { Fault, field, head, place, sure } from "./parts.js";

const EVERY_MS = 3000;

export class CamerasView {
  constructor(session, page) {
    this.session = session;
    this.page = page;
    this.purposes = new Map();
    this.editing = null;
    this.fault = new Fault();
    this.opened = el("div", {});
    this.list = el("ul", { class: "cards" });
    this.add = session.may("admin") ? el("button", { type: "button", class: "main", id: "add-camera", onclick: () => this.#open() }, "Add camera") : "";
    this.node = el("div", {}, head("Cameras", el("span", { class: "spring" }), this.add), this.fault.node, this.opened, this.list);
    this.timer = setInterval(() => this.refresh(), EVERY_MS);
    this.refresh();
  }

  close() { clearInterval(this.timer); }

  async refresh() {
    await this.fault.around(async () => {
      const all = await fetchCameras();
      this.page.keep(all.map(({ name }) => name));
      this.cameras = all.filter(({ name }) => this.session.may("viewer", name)); // of others there are only statistics
      for (const { name } of this.cameras) if (!this.purposes.has(name)) this.purposes.set(name, (await fetchEntry(name)).purpose);
      this.#draw();
    });
  }

  #draw() {
    if (this.editing !== null || this.list.querySelector(".asked")) return; // nothing is rebuilt under the hands
    const rows = this.cameras.map((one) => [one.name, one.state, one.reason, one.source, this.purposes.get(one.name), one.state === "running" ? `${fpsText(one.analysed_fps)} · ${secondsText(one.age_s)} old` : "", one.notes]);
    refill(this.list, JSON.stringify(rows), () => (rows.length ? rows.map((row) => this.#row(...row)) : el("li", { class: "empty" }, "No cameras yet.")));
  }

  #row(name, state, reason, source, purpose, rate, notes) {
    const mayEdit = this.session.may("operator", name);
    const act = (run) => async () => { if (await this.fault.around(run)) await this.refresh(); };
    const paused = state === "paused";
    const body = el("div", { class: "body" },
      el("dl", { class: "facts" }, el("div", { class: "wide" }, el("dt", {}, "Purpose"), el("dd", { class: "purpose" }, purpose)), el("div", { class: "wide" }, el("dt", {}, "Address"), el("dd", {}, source))),
      [reason, ...notes].filter(Boolean).map((text) => el("p", { class: "note" }, text)));
    return el("li", { class: "card", "data-camera": name },
      el("header", {}, el("a", { href: `#/camera/${encodeURIComponent(name)}`, class: "name" }, name), el("span", { class: `chip ${STATE_TONE[state]}` }, state), el("span", { class: "quiet" }, rate)),
      body,
      mayEdit ? el("div", { class: "tools" },
        el("button", { type: "button", class: "small", "aria-label": `${paused ? "Resume" : "Pause"} ${name}`, onclick: act(() => changeCamera(name, { paused: paused ? null : true })) }, paused ? "Resume" : "Pause"),
        el("button", { type: "button", class: "small", "aria-label": `Change the purpose of ${name}`, onclick: () => this.#purpose(name, body) }, "Change purpose"),
        this.session.may("admin", name) ? sure("Remove", `Really remove ${name}`, act(() => this.#remove(name)), { "aria-label": `Remove ${name}` }) : null) : null);
  }

  async #remove(name) {
    await removeCamera(name);
    this.purposes.delete(name);
  }

  #purpose(name, body) {
    this.editing = name;
    const input = el("textarea", { name: "purpose", required: true, minLength: 8, maxLength: 500, rows: 2 });
    input.value = this.purposes.get(name);
    const fault = new Fault();
    const leave = () => {
      this.editing = null;
      delete this.list.dataset.key;
      this.#draw();
    };
    const form = el("form", { class: "form", novalidate: true, onkeydown: (event) => { if (event.key === "Escape") leave(); }, onsubmit: async (event) => {
      event.preventDefault();
      try {
        this.purposes.set(name, (await changeCamera(name, { purpose: input.value.trim() })).purpose);
        leave();
      } catch (error) { place(form, fault, error); }
    } },
      field("Purpose", input, "What this camera is for, in words for the people it sees; at least 8 letters."), fault.node,
      el("div", { class: "row" }, el("button", { class: "small main" }, "Save purpose"), el("button", { type: "button", class: "small plain", onclick: leave }, "Cancel")));
    body.replaceChildren(form);
    input.focus();
  }

  #open() {
    const inputs = {
      camera: el("input", { name: "camera", required: true, maxLength: 80, autocomplete: "off" }),
      url: el("input", { name: "url", required: true, maxLength: 2000, autocomplete: "off", placeholder: "rtsp://10.0.0.7/stream1", inputMode: "url" }),
      user: el("input", { name: "user", maxLength: 200, autocomplete: "off" }),
      secret: el("input", { name: "secret", type: "password", maxLength: 1024, autocomplete: "new-password" }),
      purpose: el("textarea", { name: "purpose", required: true, minLength: 8, maxLength: 500, rows: 2 }),
    };
    const fault = new Fault();
    const leave = () => { this.opened.replaceChildren(); this.add.focus(); };
    const form = el("form", { class: "form", id: "new-camera", novalidate: true, onkeydown: (event) => { if (event.key === "Escape") leave(); }, onsubmit: async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        await this.#add(Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()])));
        leave();
        await this.refresh();
      } catch (error) { place(form, fault, error); }
      button.disabled = false;
    } },
      el("div", { class: "pair" }, field("Name", inputs.camera), field("Address", inputs.url, "rtsp, rtsps, rtmp, http or https, without user and password.")),
      el("div", { class: "pair" }, field("User", inputs.user, "If the camera asks for one."), field("Password", inputs.secret, "Kept in a file beside the store, and shown to nobody.")),
      field("Purpose", inputs.purpose, "What this camera is for, in words for the people it sees; at least 8 letters."), fault.node,
      el("div", { class: "row" }, el("button", { class: "main", id: "save-camera" }, "Add"), el("button", { type: "button", class: "plain", onclick: leave }, "Cancel")));
    this.opened.replaceChildren(el("section", { class: "card new", "aria-label": "New camera" }, el("header", {}, el("h2", {}, "New camera")), el("div", { class: "body" }, form)));
    inputs.camera.focus();
  }

  async #add({ camera, url, user, secret, purpose }) {
    if (!camera) throw new Error("camera: expected a name");
    if (!url) throw new Error("url: expected an address");
    if (purpose.length < 8) throw new Error("purpose: expected at least 8 letters");
    const source = Object.fromEntries(Object.entries({ url, user, secret }).filter(([, value]) => value !== ""));
    await addCamera(camera, { source, purpose });
  }
}
