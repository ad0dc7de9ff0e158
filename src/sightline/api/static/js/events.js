// The list of latest events in words.

import { el, refill } from "./dom.js";
import { colourOf } from "./palette.js";
import { clockText } from "./words.js";

function sentence(event, withCamera) {
  const where = withCamera ? ` · ${event.camera}` : "";
  if (event.kind === "line_crossed") {
    return [el("span", { class: "swatch", tone: colourOf(event.label) }), ` ${event.label} #${event.track_id} crossed ${event.line}, ${event.direction}${where}`];
  }
  const said = { lost: "Signal lost", returned: "Signal is back", ended: "Source ended" }[event.state];
  return [el("span", { class: event.state === "lost" ? "flag" : "" }, said), `${event.reason ? `: ${event.reason}` : ""}${where}`];
}

export function eventList(node, events, most, withCamera) {
  const newest = events.slice(-most).reverse();
  refill(node, JSON.stringify(newest), () => (newest.length
    ? newest.map((event) => el("li", {}, el("time", {}, clockText(event.time_ns)), el("span", {}, sentence(event, withCamera))))
    : el("li", { class: "empty" }, "Nothing yet. Crossings of counting lines and lost signals appear here.")));
}
