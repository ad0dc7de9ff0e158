// How the map looks: an offline style of plain layers over our own GeoJSON, with no fonts, sprites or tiles.

import { CLASS_ORDER, colourOf } from "./palette.js";

const INK = {
  dark: {
    land: "#10141a", block: "#191f27", blockEdge: "#222a34", pavement: "#1f262f", road: "#313a46", mark: "#5a6675", crossing: "#7c8796",
    cycle: "#4d7f74", view: "#5fb0ff", line: "#ffffff", rim: "rgba(4, 7, 11, 0.85)", text: "#aab4c2", halo: "rgba(16, 20, 26, 0.92)",
  },
  light: {
    land: "#e6eaee", block: "#d8dee5", blockEdge: "#c8d0d9", pavement: "#eff2f5", road: "#ffffff", mark: "#c3cbd5", crossing: "#b9c3ce",
    cycle: "#a3d4c4", view: "#0a5fbd", line: "#1c2530", rim: "rgba(20, 28, 38, 0.7)", text: "#55606f", halo: "rgba(255, 255, 255, 0.95)",
  },
};
const LANE_M = 3.25;
const CYCLE_M = 1.75;
const PAVEMENT_M = 3.5;
const JUNCTION_M = 6; // where a junction is only a place: hides the lanes' markings in its middle
const KIND = (...names) => ["in", ["get", "kind"], ["literal", names]];
const number = (name, otherwise) => ["to-number", ["coalesce", ["get", name], otherwise]];
const flag = (name) => ["to-boolean", ["coalesce", ["get", name], false]];

export function inkOf(theme) { return INK[theme] ?? INK.dark; }

// A width in metres on the ground as pixels at every zoom; least: never thinner than so many pixels.
function metres(width, lat) {
  const perMetre = (zoom) => (512 * 2 ** zoom) / (40_075_016.686 * Math.cos((lat * Math.PI) / 180));
  return ["interpolate", ["exponential", 2], ["zoom"], 11, ["*", width, perMetre(11)], 22, ["*", width, perMetre(22)]];
}

function dotSize(factor) {
  const of = (px) => ["*", px, ["match", ["get", "label"], ["pedestrian"], 0.72, ["truck", "bus"], 1.3, ["bicycle", "scooter", "rider", "motorcycle"], 0.85, 1]];
  return ["interpolate", ["exponential", 1.4], ["zoom"], 12, of(1.6 * factor), 15, of(3.2 * factor), 17, of(5 * factor), 20, of(10 * factor)];
}

function streets(ink, lat) {
  const width = number("width_m", 7);
  const lanes = number("lanes", 1);
  const round = { "line-cap": "round", "line-join": "round" };
  const marking = (id, offset, filter, dashes) => ({
    id, source: "plan", type: "line", minzoom: 16, filter: ["all", KIND("street"), filter],
    paint: {
      "line-color": ink.mark, "line-width": metres(0.22, lat), "line-offset": metres(offset, lat),
      ...(dashes ? { "line-dasharray": [14, 20] } : {}),
    },
  });
  const beside = (side) => ({
    id: `cycle${side}`, source: "plan", type: "line", minzoom: 15, filter: ["all", KIND("street"), flag("cycle")],
    paint: { "line-color": ink.cycle, "line-opacity": 0.55, "line-width": metres(CYCLE_M * 0.8, lat), "line-offset": metres(["*", side, ["+", ["*", lanes, LANE_M], CYCLE_M / 2]], lat) },
  });
  const two = [">=", lanes, 2];
  return [
    { id: "pavement", source: "plan", type: "line", filter: KIND("street"), layout: round, paint: { "line-color": ink.pavement, "line-width": metres(["+", width, ["*", 2, number("pavement_m", PAVEMENT_M)]], lat) } },
    { id: "junction-edge", source: "plan", type: "line", filter: KIND("junction"), layout: round, paint: { "line-color": ink.pavement, "line-width": metres(PAVEMENT_M, lat) } },
    { id: "road", source: "plan", type: "line", filter: KIND("street"), layout: round, paint: { "line-color": ink.road, "line-width": metres(width, lat) } },
    beside(1), beside(-1),
    marking("middle-dashed", 0, ["!", two], true), marking("middle", 0, two, false),
    marking("lane-right", LANE_M, two, true), marking("lane-left", -LANE_M, two, true),
    { id: "junction", source: "plan", type: "fill", filter: KIND("junction"), paint: { "fill-color": ink.road } },
    { id: "junction-place", source: "plan", type: "circle", filter: ["all", KIND("junction"), ["==", ["geometry-type"], "Point"]], paint: { "circle-color": ink.road, "circle-radius": metres(number("radius_m", JUNCTION_M), lat), "circle-pitch-alignment": "map" } },
    { id: "crossing", source: "plan", type: "fill", minzoom: 14.5, filter: KIND("crossing"), paint: { "fill-color": ink.crossing, "fill-opacity": 0.55 } },
    {
      id: "street-name", source: "plan", type: "symbol", minzoom: 15.8, filter: ["all", KIND("street"), ["has", "name"]],
      layout: { "symbol-placement": "line-center", "icon-image": ["concat", "name:", ["get", "name"]], "icon-rotation-alignment": "map", "icon-keep-upright": true, "icon-padding": 12 },
    },
  ];
}

function cameras(ink) {
  return [
    { id: "view", source: "cameras", type: "fill", filter: KIND("view"), paint: { "fill-color": ink.view, "fill-opacity": 0.14 } },
    { id: "view-edge", source: "cameras", type: "line", filter: KIND("view"), paint: { "line-color": ink.view, "line-opacity": 0.4, "line-width": 1 } },
    { id: "view-chosen", source: "cameras", type: "fill", filter: ["==", ["get", "camera"], ""], paint: { "fill-color": ink.view, "fill-opacity": 0.2 } },
    { id: "view-chosen-edge", source: "cameras", type: "line", filter: ["==", ["get", "camera"], ""], paint: { "line-color": ink.view, "line-width": 1.6 } },
    { id: "count-line", source: "cameras", type: "line", minzoom: 14.5, filter: KIND("line"), layout: { "line-cap": "round" }, paint: { "line-color": ink.line, "line-opacity": 0.85, "line-width": ["interpolate", ["linear"], ["zoom"], 15, 1.2, 19, 3], "line-dasharray": [2, 1.6] } },
  ];
}

function dots(ink) {
  const colour = ["match", ["get", "label"], ...CLASS_ORDER.flatMap((name) => [name, colourOf(name)]), colourOf("unknown")];
  return [{
    id: "dots", source: "dots", type: "circle",
    paint: { "circle-color": colour, "circle-radius": dotSize(1), "circle-stroke-color": ink.rim, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0.6, 17, 1.4] },
  }];
}

// lat: of the middle of the map, degrees; widths in metres are right there.
export function styleOf(theme, lat, plan, views) {
  const ink = inkOf(theme);
  const collection = (features) => ({ type: "FeatureCollection", features });
  const source = (features) => ({ type: "geojson", data: collection(features) });
  return {
    version: 8,
    sources: { plan: source(plan), cameras: source(views), dots: { ...source([]), buffer: 32 } },
    layers: [
      { id: "land", type: "background", paint: { "background-color": ink.land } },
      { id: "block", source: "plan", type: "fill", filter: KIND("block", "building"), paint: { "fill-color": ink.block, "fill-outline-color": ink.blockEdge } },
      ...streets(ink, lat),
      ...cameras(ink),
      ...dots(ink),
    ],
  };
}

// A street's name as a picture: the style needs no font files.
export function namePicture(name, theme) {
  const ink = inkOf(theme);
  const ratio = 2;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  const font = `500 ${12 * ratio}px system-ui, sans-serif`;
  ctx.font = font;
  canvas.width = Math.ceil(ctx.measureText(name).width) + 8 * ratio;
  canvas.height = 20 * ratio;
  ctx.font = font;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * ratio;
  ctx.strokeStyle = ink.halo;
  ctx.strokeText(name, 4 * ratio, canvas.height / 2);
  ctx.fillStyle = ink.text;
  ctx.fillText(name, 4 * ratio, canvas.height / 2);
  return { image: ctx.getImageData(0, 0, canvas.width, canvas.height), ratio };
}
