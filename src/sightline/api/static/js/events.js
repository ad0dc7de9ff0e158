// The list of latest events in words.

import { el, refill } from "./dom.js";
import { colourOf } from "./palette.js";
import { clockText } from "./words.js";

// What a rule told, from whichever of its numbers there are.
export function ruleSentence(event) {
  const who = event.label === undefined ? "" : `${event.label}${event.track_id === undefined || event.track_id === null ? "" : ` #${event.track_id}`}`;
  const number = event.count ?? event.vehicles;
  const classes = event.by_class?.map(([name, n]) => `${n} ${name}`).join(", ");
  const parts = [
    who, event.other_label && `and ${event.other_label}`, event.state, event.entry && `${event.entry} → ${event.exit}`,
    number === undefined ? "" : `${number} there`, event.by_class && (classes || "empty"),
    event.speed_mps === undefined || event.speed_mps === null ? "" : `${Math.round(event.speed_mps * 3.6)} km/h`,
    event.seconds === undefined ? "" : `${event.seconds.toFixed(1)} s apart`,
    event.lasted_s ? `${Math.round(event.lasted_s)} s` : "",
  ];
  return `${event.rule}: ${parts.filter(Boolean).join(" ")}`;
}

function sentence(event, withCamera) {
  const where = withCamera ? ` · ${event.camera}` : "";
  if (event.kind === "line_crossed") {
    return [el("span", { class: "swatch", tone: colourOf(event.label) }), ` ${event.label}${event.track_id === null ? "" : ` #${event.track_id}`} crossed ${event.line}, ${event.direction}${where}`];
  }
  if (event.rule !== undefined) return [ruleSentence(event), where];
  if (event.kind === "camera_tampered") return [el("span", { class: event.state === "began" ? "flag" : "" }, `Camera ${event.tampering}`), event.state === "ended" ? " no more" : "", where];
  const said = { lost: "Signal lost", returned: "Signal is back", ended: "Source ended" }[event.state];
  return [el("span", { class: event.state === "lost" ? "flag" : "" }, said), `${event.reason ? `: ${event.reason}` : ""}${where}`];
}

export function eventList(node, events, most, withCamera) {
  const newest = events.slice(-most).reverse();
  refill(node, JSON.stringify(newest), () => (newest.length
    ? newest.map((event) => el("li", {}, el("time", {}, clockText(event.time_ns)), el("span", {}, sentence(event, withCamera))))
    : el("li", { class: "empty" }, "Nothing yet. Crossings of counting lines and lost signals appear here.")));
}
