// Which layers are drawn over pictures; chosen once, kept for the next visit.

import { el } from "./dom.js";

const KEY = "sightline.layers";
const NAMES = { boxes: "Boxes", labels: "Labels", trails: "Trails", ids: "Ids", lines: "Lines" };

export function loadLayers() {
  const layers = { boxes: true, labels: true, trails: true, ids: false, lines: true };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    for (const name of Object.keys(layers)) if (typeof kept[name] === "boolean") layers[name] = kept[name];
  } catch { /* storage off or spoilt: defaults */ }
  return layers;
}

export function layerSwitches(layers, changed) {
  const buttons = Object.entries(NAMES).map(([name, text]) => el("button", {
    type: "button",
    "data-layer": name,
    "aria-pressed": String(layers[name]),
    onclick: (event) => {
      layers[name] = !layers[name];
      event.currentTarget.setAttribute("aria-pressed", String(layers[name]));
      try { localStorage.setItem(KEY, JSON.stringify(layers)); } catch { /* not kept, still switched */ }
      changed();
    },
  }, text));
  return el("span", { class: "switches", role: "group", "aria-label": "Layers over the picture" }, buttons);
}
