// Wires the page: the live connection, the cameras' feeds, the route in the address, scores, theme and connection state.

import { CameraView } from "./camera.js";
import { el, refill, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { loadLayers } from "./layers.js";
import { Live } from "./live.js";
import { MapView } from "./map.js";
import { networkLine } from "./scores.js";
import { Wall } from "./wall.js";

const KEPT_EVENTS = 200;
const byId = (id) => document.getElementById(id);

export const live = new Live();
export const page = { feeds: new Map(), events: [], layers: loadLayers(), want: () => soon(want), hello: false, classes: [], scores: { cameras: {}, network: null } };
let view = null;
let route = null;
let more = { views: {}, home: null }; // what a service adds: views without a camera by kind, and which one is its first

function feedOf(name) {
  if (!page.feeds.has(name)) page.feeds.set(name, new Feed(name, (camera) => live.ack(camera)));
  return page.feeds.get(name);
}

// Runs a function once before the next paint, however often it is asked for; a hidden page still runs it.
const asked = new Set();
function soon(run) {
  if (asked.has(run)) return;
  asked.add(run);
  setTimeout(() => { asked.delete(run); run(); }, 40);
}

function want() {
  const wanted = document.hidden || view === null ? [] : view.wanted?.() ?? [];
  const before = new Set(live.wanted);
  live.want(wanted);
  live.map(!document.hidden && view instanceof MapView);
  for (const name of wanted) before.delete(name);
  for (const name of before) page.feeds.get(name)?.rest();
}

function update() {
  view?.update?.();
  crumbs();
}

function readRoute() {
  const [, kind, name] = location.hash.split("/");
  const camera = name ? decoded(name) : null;
  if (kind === "map") return { kind, camera };
  if (kind in more.views) return { kind, camera: null };
  if (more.home && kind !== "camera") return { kind: more.home, camera: null };
  return kind === "camera" && camera !== null ? { kind, camera } : { kind: "wall", camera: null };
}

function decoded(name) {
  try { return decodeURIComponent(name); } catch { return name; } // a % typed by hand
}

const VIEWS = {
  wall: () => new Wall(page),
  map: ({ camera }) => new MapView(page, camera),
  camera: ({ camera }) => new CameraView(page, feedOf(camera)),
};

function follow() {
  const next = readRoute();
  if (view !== null && route?.kind === next.kind && route.camera === next.camera) return;
  if (next.camera !== null && !page.feeds.has(next.camera)) {
    if (page.hello) unknown(next.camera);
    return;
  }
  const title = { wall: "Sightline", map: "Map · Sightline", camera: `${next.camera} · Sightline` }[next.kind];
  document.title = title ?? `${more.views[next.kind].title} · Sightline`;
  if (view instanceof MapView && next.kind === "map") { // the map stays, another camera is chosen on it
    route = next;
    view.choose(next.camera);
    update();
    return;
  }
  view?.close();
  route = next;
  view = next.kind in more.views ? more.views[next.kind].open(page) : VIEWS[next.kind](next);
  byId("view").replaceChildren(view.node);
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === next.kind) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  update();
  page.want();
}

function unknown(name) {
  view?.close();
  view = null;
  byId("view").replaceChildren(el("p", { class: "empty" }, `There is no camera named ${name}. `, el("a", { href: "#/" }, "All cameras")));
  page.want();
}

function crumbs() {
  const names = route?.kind in more.views ? [] : [...page.feeds.keys()];
  const current = route?.kind === "camera" ? route.camera : "";
  refill(byId("crumbs"), JSON.stringify([names, current]), () => (names.length < 1 ? [] : [
    el("span", { class: "sep", "aria-hidden": "true" }, "/"),
    el("select", { "aria-label": "Camera", onchange: (event) => { location.hash = event.currentTarget.value ? `#/camera/${encodeURIComponent(event.currentTarget.value)}` : "#/"; } },
      el("option", { value: "", selected: current === "" }, "All cameras"),
      names.map((name) => el("option", { value: name, selected: name === current }, name))),
  ]));
}

// Forgets the cameras that are no more.
page.keep = (names) => {
  const kept = new Set(names);
  for (const name of page.feeds.keys()) if (!kept.has(name)) page.feeds.delete(name);
  soon(update);
};

function addEvent(event) {
  page.events.push(event);
  if (page.events.length > KEPT_EVENTS) page.events.shift();
  more.happened?.(event);
  if (event.kind !== "line_crossed") return;
  page.feeds.get(event.camera)?.flash(event.line);
  if (route?.kind === "map" || route?.camera === event.camera) view?.crossed?.();
}

const RECEIVE = {
  hello(message) {
    page.hello = true;
    page.events = message.events;
    page.classes = message.classes;
    RECEIVE.scores({ cameras: {}, network: null }); // of a server before; this one's follow
    for (const status of message.cameras) feedOf(status.name).setStatus(status);
    follow();
  },
  status: ({ camera }) => { feedOf(camera.name).setStatus(camera); },
  overlay: (overlay) => feedOf(overlay.camera).addOverlay(overlay),
  event: ({ event }) => addEvent(event),
  dots: ({ dots }) => { if (view instanceof MapView) view.setDots(dots); },
  scores({ cameras, network }) {
    page.scores = { cameras, network };
    networkLine(byId("truth"), network);
  },
  error: ({ error }) => console.warn(error),
};

live.addEventListener("text", ({ detail }) => {
  RECEIVE[detail.type]?.(detail);
  soon(update);
});
live.addEventListener("picture", ({ detail }) => feedOf(detail.header.camera).addPicture(detail.header, detail.jpeg));
live.addEventListener("link", ({ detail }) => {
  const link = byId("link");
  link.className = `chip ${detail.connected ? "good" : "bad"}`;
  setText(link, detail.connected ? "Live" : "Offline");
  byId("lost").hidden = detail.connected;
  document.body.classList.toggle("stale", !detail.connected);
  if (detail.connected) return;
  const why = detail.reason ? `${detail.reason}. ` : "";
  setText(byId("lost-why"), `${why}What you see is old. Trying again in ${Math.ceil(detail.wait / 1000)} s.`);
});

function themeButton() {
  const light = document.documentElement.dataset.theme === "light";
  byId("theme").textContent = light ? "Dark" : "Light";
  byId("theme").setAttribute("aria-label", `Switch to ${light ? "dark" : "light"} colours`);
}

byId("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("sightline.theme", next); } catch { /* not kept, still switched */ }
  themeButton();
  view?.redraw?.();
});
byId("retry").addEventListener("click", () => live.retry());
document.addEventListener("visibilitychange", () => page.want());

// What tests and people in the console may ask: which frame is shown and whose boxes are drawn on it.
window.sightline = {
  get connected() { return live.connected; },
  get map() { return view instanceof MapView ? view.shown() : null; },
  get cameras() {
    const stages = new Map((view?.stages?.() ?? []).map((stage) => [stage.feed.name, stage]));
    return Object.fromEntries([...page.feeds].map(([name, feed]) => [name, {
      state: feed.status?.state ?? null,
      pictures: feed.received,
      shownIndex: feed.picture?.index ?? null,
      shownTime: feed.picture?.time_ns ?? null,
      overlayIndex: feed.overlay?.index ?? null,
      overlayTime: feed.overlay?.time_ns ?? null,
      mismatched: feed.mismatched,
      boxes: stages.get(name)?.drawnBoxes ?? 0,
      objects: feed.overlay?.objects.length ?? 0,
      trails: feed.trails.trails.size,
      lines: feed.lines.length,
      pixelated: feed.picture?.pixelated ?? false,
    }]));
  },
};

// Opens the page; given: what a service adds (see ``more``).
export function start(given = {}) {
  more = { ...more, ...given };
  addEventListener("hashchange", follow);
  themeButton();
  follow();
  if (live.socket === null) live.connect();
}
