// The drawn map: MapLibre over our own GeoJSON, a pin per camera, and dots that are replaced a few times a second.

import { el, setText } from "./dom.js";
import { namePicture, styleOf } from "./mapstyle.js";

const LIBRARY = "../vendor/maplibre-gl-5.24.1/";
const CLOSEST = 20.5;
const NAMED = 15; // from this zoom on pins carry their names
const NEAR = 16.3; // and from this one on they are large

// The library comes only when somebody opens the map; null where this browser cannot draw it.
async function library() {
  const canvas = document.createElement("canvas");
  if (!canvas.getContext("webgl2") && !canvas.getContext("webgl")) return null;
  await import(`${LIBRARY}maplibre-gl-csp.js`);
  const { maplibregl } = globalThis;
  maplibregl.setWorkerUrl(new URL(`${LIBRARY}maplibre-gl-csp-worker.js`, import.meta.url).pathname);
  if (!document.getElementById("maplibre-css")) {
    document.head.append(el("link", { id: "maplibre-css", rel: "stylesheet", href: new URL(`${LIBRARY}maplibre-gl.css`, import.meta.url).pathname }));
  }
  return maplibregl;
}

// Room at the edges for names, buttons and the legend.
function paddingOf(node) {
  return node.clientWidth < 600 ? { top: 40, right: 64, bottom: 110, left: 64 } : { top: 64, right: 84, bottom: 72, left: 84 };
}

function* points(geometry) {
  const walk = function* (part) {
    if (typeof part[0] === "number") yield part;
    else for (const inner of part) yield* walk(inner);
  };
  yield* walk(geometry.coordinates);
}

// [[west, south], [east, north]] of features; null without any.
function boundsOf(features) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { geometry } of features) {
    for (const [lon, lat] of points(geometry)) {
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
  }
  return west <= east ? [[west, south], [east, north]] : null;
}

export class Plan {
  // features: as GET /api/v1/map gives them; choose(name): a pin was clicked.
  constructor(features, choose) {
    const own = new Set(["camera", "view", "line"]);
    this.base = features.filter(({ properties }) => !own.has(properties?.kind));
    this.views = features.filter(({ properties }) => own.has(properties?.kind));
    this.choose = choose;
    this.node = el("div", { class: "plan" });
    this.pins = new Map();
    this.chosen = null;
    this.map = null;
    this.ready = false;
    this.pending = null;
    this.dots = 0;
    this.painted = 0;
    this.features = [];
  }

  get places() { return this.views.filter(({ properties }) => properties.kind === "camera"); }

  // False where this browser cannot draw maps.
  async open() {
    this.maplibre = await library().catch(() => null);
    if (this.maplibre === null || this.closed) return false;
    try {
      this.#draw(null);
    } catch {
      this.map = null;
      return false;
    }
    return true;
  }

  close() {
    this.closed = true;
    this.map?.remove();
    this.map = null;
  }

  // In the colours of the theme now; the place looked at stays.
  redraw() {
    if (this.map === null) return;
    const camera = { center: this.map.getCenter(), zoom: this.map.getZoom() };
    this.map.remove();
    this.#draw(camera);
  }

  #home() { return boundsOf(this.views) ?? boundsOf(this.base); }

  #draw(camera) {
    const theme = document.documentElement.dataset.theme;
    const home = this.#home();
    const lat = home === null ? 0 : (home[0][1] + home[1][1]) / 2;
    this.ready = false;
    const map = new this.maplibre.Map({
      container: this.node,
      style: styleOf(theme, lat, this.base, this.views),
      ...(camera ?? (home === null ? {} : { bounds: home, fitBoundsOptions: { padding: paddingOf(this.node), maxZoom: 18 } })),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      fadeDuration: 0,
      maxZoom: CLOSEST,
      minZoom: 9,
      refreshExpiredTiles: false,
      validateStyle: false,
    });
    this.map = map;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.getCanvas().setAttribute("aria-label", "Map of streets and cameras. Arrow keys move it, plus and minus zoom.");
    map.addControl(new this.maplibre.ScaleControl({ maxWidth: 90 }), "bottom-right");
    map.on("styleimagemissing", ({ id }) => {
      if (!id.startsWith("name:") || map.hasImage(id)) return;
      const { image, ratio } = namePicture(id.slice(5), theme);
      map.addImage(id, image, { pixelRatio: ratio });
    });
    map.on("load", () => {
      if (this.map !== map) return;
      this.ready = true;
      this.#light();
      if (this.pending) this.setDots(this.pending);
    });
    map.on("moveend", () => this.#tidy());
    this.pins.clear();
    for (const { properties, geometry } of this.places) this.#pin(properties, geometry.coordinates);
    this.#light();
  }

  #pin({ camera, bearing_deg: bearing }, place) {
    const label = el("span", { class: "pin-name" }, camera);
    const nose = el("i", { class: "pin-nose" });
    nose.style.transform = `rotate(${bearing}deg)`;
    const button = el("button", { class: "pin", type: "button", "data-camera": camera, "aria-label": `Camera ${camera}`, onclick: (event) => { event.stopPropagation(); this.choose(camera); } },
      nose, el("i", { class: "pin-eye" }), label);
    new this.maplibre.Marker({ element: button, anchor: "center" }).setLngLat(place).addTo(this.map);
    button.setAttribute("aria-label", `Camera ${camera}`); // the marker has put its own word there
    this.pins.set(camera, { button, label, place, text: camera });
  }

  // What stands beside a pin, what it means in words, and the tone of its state.
  setPin(camera, text, said, tone) {
    const pin = this.pins.get(camera);
    if (!pin) return;
    pin.button.dataset.tone = tone;
    pin.button.setAttribute("aria-label", `Camera ${camera}${said ? `, ${said}` : ""}`);
    pin.button.title = said;
    if (pin.text === text) return;
    pin.text = text;
    setText(pin.label, text);
    this.#tidy();
  }

  select(camera, { move = false } = {}) {
    this.chosen = camera;
    this.#light();
    const pin = this.pins.get(camera);
    if (!move || !pin || this.map === null) return;
    const shape = this.views.filter(({ properties }) => properties.camera === camera);
    const bounds = boundsOf(shape);
    if (!this.map.getBounds().contains(bounds[0]) || !this.map.getBounds().contains(bounds[1])) this.map.easeTo({ center: pin.place, duration: 350 });
  }

  #light() {
    for (const [name, { button }] of this.pins) button.setAttribute("aria-pressed", String(name === this.chosen));
    this.#tidy();
    if (!this.ready) return;
    for (const layer of ["view-chosen", "view-chosen-edge"]) {
      this.map.setFilter(layer, ["all", ["==", ["get", "kind"], "view"], ["==", ["get", "camera"], this.chosen ?? ""]]);
    }
  }

  // Names that would cover each other are left out, the chosen camera's never.
  #tidy() {
    if (this.map === null) return;
    const zoom = this.map.getZoom();
    const small = zoom < NEAR;
    this.node.toggleAttribute("data-far", small);
    const taken = [];
    const order = [...this.pins].sort(([a], [b]) => (b === this.chosen) - (a === this.chosen));
    for (const [name, { place, label, text }] of order) {
      const { x, y } = this.map.project(place);
      const half = text.length * (small ? 3.2 : 3.6) + 8;
      const box = small ? [x - half, y + 8, x + half, y + 26] : [x - half, y + 12, x + half, y + 34];
      const free = name === this.chosen || (zoom >= NAMED && !taken.some(([l, t, r, b]) => box[0] < r && l < box[2] && box[1] < b && t < box[3]));
      label.classList.toggle("away", !free);
      if (free) taken.push(box);
    }
  }

  // dots: [[lon, lat, label], ...]
  setDots(dots) {
    this.pending = dots;
    this.dots = dots.length;
    if (!this.ready) return;
    this.pending = null;
    this.painted += 1;
    const features = dots.map(([lon, lat, label]) => ({ type: "Feature", properties: { label }, geometry: { type: "Point", coordinates: [lon, lat] } }));
    this.map.getSource("dots").setData({ type: "FeatureCollection", features });
  }

  zoom(step) { this.map?.zoomTo(this.map.getZoom() + step, { duration: 200 }); }

  fit() {
    const home = this.#home();
    if (home !== null) this.map?.fitBounds(home, { padding: paddingOf(this.node), maxZoom: 18, duration: 350 });
  }

  // What tests ask: layers by name -> features of them that are painted now.
  rendered(...layers) { return this.ready ? this.map.queryRenderedFeatures({ layers }).length : 0; }
}
