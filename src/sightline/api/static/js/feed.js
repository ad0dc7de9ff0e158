// One camera as the page knows it: its state, the picture shown, and exactly the boxes that belong to that picture.

import { TrailBook } from "./trails.js";

const KEPT_OVERLAYS = 64;
const PATIENCE_MS = 250; // a picture waits so long for its own boxes, then is shown without any

function keyOf(frame) { return `${frame.index}@${frame.time_ns}`; }

export class Feed extends EventTarget {
  constructor(name, ack) {
    super();
    this.name = name;
    this.ack = ack;
    this.status = null;
    this.lines = [];
    this.flashes = new Map(); // line -> performance time until which it is lit
    this.picture = null; // header of the picture shown
    this.bitmap = null;
    this.overlay = null; // of the picture shown, or null
    this.overlays = new Map();
    this.trails = new TrailBook();
    this.received = 0;
    this.mismatched = 0;
    this.next = null; // newest picture not yet decoded
    this.ready = null; // decoded picture that waits for its boxes
    this.decoding = false;
    this.timer = 0;
  }

  setStatus(status) {
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }

  setLines(lines) {
    this.lines = lines;
    this.dispatchEvent(new Event("draw"));
  }

  flash(line) { this.flashes.set(line, performance.now() + 700); }

  addOverlay(overlay) {
    const key = keyOf(overlay);
    this.overlays.set(key, overlay);
    if (this.overlays.size > KEPT_OVERLAYS) this.overlays.delete(this.overlays.keys().next().value);
    if (this.ready !== null && keyOf(this.ready.header) === key) this.#show();
    else if (this.picture !== null && this.overlay === null && keyOf(this.picture) === key) {
      this.#adopt(overlay);
      this.dispatchEvent(new Event("shown"));
    }
  }

  addPicture(header, jpeg) {
    this.received += 1;
    if (this.next !== null) this.ack(this.name); // never to be decoded: a newer one is here
    this.next = { header, jpeg };
    if (!this.decoding) this.#decode();
  }

  async #decode() {
    this.decoding = true;
    while (this.next !== null) {
      const { header, jpeg } = this.next;
      this.next = null;
      const bitmap = await createImageBitmap(jpeg).catch(() => null); // a broken JPEG is skipped
      this.ack(this.name);
      if (bitmap === null) continue;
      if (this.ready !== null) this.#show();
      this.ready = { header, bitmap };
      if (this.overlays.has(keyOf(header))) this.#show();
      else this.timer = setTimeout(() => this.#show(), PATIENCE_MS);
    }
    this.decoding = false;
  }

  #show() {
    clearTimeout(this.timer);
    if (this.ready === null) return;
    this.bitmap?.close();
    this.picture = this.ready.header;
    this.bitmap = this.ready.bitmap;
    this.ready = null;
    this.overlay = null;
    const overlay = this.overlays.get(keyOf(this.picture));
    if (overlay) this.#adopt(overlay);
    this.dispatchEvent(new Event("shown"));
  }

  #adopt(overlay) {
    if (overlay.index !== this.picture.index || overlay.time_ns !== this.picture.time_ns) {
      this.mismatched += 1;
      return;
    }
    for (const [key, earlier] of this.overlays) { // in the order they came, up to the one shown
      this.trails.add(earlier);
      this.overlays.delete(key);
      if (earlier === overlay) break;
    }
    this.overlay = overlay;
  }

  // The picture is no longer asked for: what waits would be old when the camera is looked at again.
  rest() {
    clearTimeout(this.timer);
    this.ready?.bitmap.close();
    this.ready = null;
    this.overlays.clear();
    this.trails.clear();
  }
}
