// The wall: every camera as a tile; pictures are asked for only where a tile can be seen.

import { fetchLines } from "./api.js";
import { el, setText } from "./dom.js";
import { eventList } from "./events.js";
import { layerSwitches } from "./layers.js";
import { scoreLine } from "./scores.js";
import { Stage } from "./stage.js";
import { fpsText, plural, secondsText, STATE_TONE } from "./words.js";

export class Wall {
  constructor(page) {
    this.page = page;
    this.tiles = new Map();
    this.seen = new Set();
    this.title = el("h1", {}, "All cameras");
    this.sum = el("span", { class: "quiet" });
    this.grid = el("div", { class: "wall" });
    this.events = el("ul", { class: "events" });
    const layers = layerSwitches(page.layers, () => this.tiles.forEach(({ stage }) => stage.draw()));
    this.node = el("div", {},
      el("div", { class: "head" }, this.title, this.sum, el("span", { class: "spring" }), layers),
      this.grid,
      el("section", { class: "card below", "aria-label": "Latest events" },
        el("header", {}, el("h2", {}, "Latest events")), el("div", { class: "body" }, this.events)));
    this.observer = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "120px" });
  }

  close() {
    this.observer.disconnect();
    for (const { stage } of this.tiles.values()) stage.close();
  }

  wanted() { return [...this.seen]; }
  stages() { return [...this.tiles.values()].map(({ stage }) => stage); }

  update() {
    const feeds = [...this.page.feeds.values()];
    for (const feed of feeds) if (!this.tiles.has(feed.name)) this.#add(feed);
    for (const name of this.tiles.keys()) if (!this.page.feeds.has(name)) this.#remove(name);
    this.grid.dataset.few = feeds.length <= 4 ? String(feeds.length) : "";
    let running = 0;
    let objects = 0;
    for (const feed of feeds) {
      running += feed.status?.state === "running";
      objects += feed.overlay?.objects.filter(({ id }) => id >= 0).length ?? 0;
      this.#updateTile(feed);
    }
    setText(this.sum, `${plural(feeds.length, "camera")} · ${running} running · ${plural(objects, "road user")} in view`);
    eventList(this.events, this.page.events, 8, true);
  }

  #add(feed) {
    const stage = new Stage(feed, this.page.layers);
    const tile = {
      stage,
      chip: el("span", { class: "chip" }),
      note: el("span", { class: "chip warn", hidden: true }, "Note"),
      meta: el("span", { class: "meta" }),
      score: el("div", { class: "score", hidden: true }),
    };
    tile.node = el("a", { class: "tile", href: `#/camera/${encodeURIComponent(feed.name)}`, "data-camera": feed.name },
      stage.node,
      el("div", { class: "foot" }, el("span", { class: "name", title: feed.name }, feed.name), tile.chip, tile.note, tile.meta),
      tile.score);
    this.tiles.set(feed.name, tile);
    this.grid.append(tile.node);
    this.observer.observe(tile.node);
  }

  #remove(name) {
    const { stage, node } = this.tiles.get(name);
    stage.close();
    this.observer.unobserve(node);
    node.remove();
    this.tiles.delete(name);
    this.seen.delete(name);
    this.page.want();
  }

  #updateTile(feed) {
    const tile = this.tiles.get(feed.name);
    const status = feed.status;
    if (!status) return;
    tile.chip.className = `chip ${STATE_TONE[status.state]}`;
    setText(tile.chip, status.state);
    tile.note.hidden = status.notes.length === 0;
    tile.note.title = status.notes.join("\n");
    const parts = status.state === "running" ? [fpsText(status.analysed_fps), secondsText(status.age_s)] : [];
    setText(tile.meta, parts.join(" · "));
    scoreLine(tile.score, this.page.scores.cameras[feed.name]);
  }

  async #loadLines(feed) {
    try {
      feed.setLines(await fetchLines(feed.name));
    } catch { /* a tile without its lines; the connection strip says what is wrong */ }
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      const name = target.dataset.camera;
      if (!isIntersecting) this.seen.delete(name);
      else if (!this.seen.has(name)) {
        this.seen.add(name);
        this.#loadLines(this.page.feeds.get(name));
      }
    }
    this.page.want();
  }
}
