// A camera's picture with the overlay canvas above it, at the device's own resolution.

import { el, setText } from "./dom.js";
import { contentRect, drawBoxes, drawChips, drawLine, drawTrails } from "./draw.js";
import { clockText } from "./words.js";

export class Stage {
  constructor(feed, layers, { big = false } = {}) {
    this.feed = feed;
    this.layers = layers;
    this.big = big;
    this.chosen = null;
    this.extra = null; // the line being edited
    this.paint = null; // what an editor draws between trails and boxes: (ctx, rect, font) => rectangles of its words
    this.drawnBoxes = 0;
    this.picture = el("canvas", { class: "picture", width: 16, height: 9, "aria-hidden": "true" });
    this.overlay = el("canvas", { class: "overlay", role: "img", "aria-label": `Live picture of ${feed.name}` });
    this.wait = el("div", { class: "wait" }, "Waiting for the first picture");
    this.ribbon = el("div", { class: "ribbon", hidden: true }, "Pixelated");
    this.clock = el("div", { class: "clock", hidden: true });
    this.node = el("div", { class: "stage" }, this.picture, this.overlay, this.wait, this.ribbon, big ? this.clock : null);
    this.size = { w: 0, h: 0 };
    this.abort = new AbortController();
    const { signal } = this.abort;
    feed.addEventListener("shown", () => this.#show(), { signal });
    feed.addEventListener("draw", () => this.draw(), { signal });
    feed.addEventListener("status", () => this.#waitText(), { signal });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.node);
    if (feed.bitmap) this.#show();
    this.#waitText();
  }

  close() {
    this.abort.abort();
    this.observer.disconnect();
  }

  rect() {
    const { w, h } = this.size;
    const p = this.feed.picture;
    return contentRect(w || 16, h || 9, p?.width ?? 16, p?.height ?? 9);
  }

  // Shares 0..1 of the picture under a pointer, kept inside.
  sharesAt(event) {
    const place = this.node.getBoundingClientRect();
    const rect = this.rect();
    const keep = (value) => Math.max(0, Math.min(1, value));
    return [keep((event.clientX - place.left - rect.x) / rect.w), keep((event.clientY - place.top - rect.y) / rect.h)];
  }

  // The smallest object under a point in shares.
  objectAt([x, y]) {
    const hits = (this.feed.overlay?.objects ?? []).filter(({ box: [l, t, r, b] }) => x >= l && x <= r && y >= t && y <= b);
    const area = ({ box: [l, t, r, b] }) => (r - l) * (b - t);
    return hits.sort((a, b) => area(a) - area(b))[0] ?? null;
  }

  #resize() {
    const { clientWidth: w, clientHeight: h } = this.node;
    const dpr = devicePixelRatio || 1;
    this.size = { w, h };
    this.overlay.width = Math.round(w * dpr);
    this.overlay.height = Math.round(h * dpr);
    this.draw();
  }

  #waitText() {
    const status = this.feed.status;
    const bare = this.feed.bitmap === null;
    const broken = status !== null && ["lost", "failed", "paused"].includes(status.state);
    this.wait.hidden = !bare && !broken;
    this.wait.classList.toggle("over", !bare);
    if (this.wait.hidden || !status) return;
    const said = { starting: "Starting", running: "Waiting for the first picture", paused: "Paused", ended: "Ended", lost: "Signal lost", failed: "Failed" };
    setText(this.wait, status.reason ? `${said[status.state]}: ${status.reason}` : said[status.state]);
  }

  #show() {
    const { bitmap, picture } = this.feed;
    if (this.picture.width !== bitmap.width || this.picture.height !== bitmap.height) {
      this.picture.width = bitmap.width;
      this.picture.height = bitmap.height;
      if (this.big) this.node.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
    }
    this.picture.getContext("2d").drawImage(bitmap, 0, 0);
    this.#waitText();
    this.ribbon.hidden = !picture.pixelated;
    this.clock.hidden = false;
    setText(this.clock, clockText(picture.time_ns));
    this.draw();
  }

  draw() {
    const { w, h } = this.size;
    const dpr = devicePixelRatio || 1;
    const ctx = this.overlay.getContext("2d");
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, w, h);
    this.drawnBoxes = 0;
    if (!w || this.feed.picture === null) return;
    const { feed, layers, big } = this;
    const rect = this.rect();
    const objects = feed.overlay?.objects ?? [];
    const roomy = w >= 560;
    const font = roomy ? 12.5 : 11;
    if (layers.trails) drawTrails(ctx, rect, feed.trails);
    const taken = this.paint?.(ctx, rect, font) ?? [];
    if (layers.boxes) {
      drawBoxes(ctx, rect, objects, { dpr, chosen: this.chosen });
      this.drawnBoxes = objects.length;
    }
    const now = performance.now();
    for (const line of layers.lines ? feed.lines : []) {
      if (this.extra?.replaces === line.name) continue;
      taken.push(...drawLine(ctx, rect, line, { lit: (feed.flashes.get(line.name) ?? 0) > now, names: big, font }));
    }
    if (this.extra) taken.push(...drawLine(ctx, rect, this.extra, { edited: true, names: true, font }));
    if (layers.labels || layers.ids) {
      const { ids, labels: names } = layers;
      drawChips(ctx, rect, objects, { dpr, font, ids, names, scores: names && big && roomy, attributes: roomy, chosen: this.chosen, taken });
    }
  }
}
