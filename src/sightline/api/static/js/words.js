// How numbers, times and names are written for people.

const MEDIA_LIMIT_NS = 1e17; // before 1973: time counted from a file's start, not UTC

export function isMediaTime(ns) { return ns < MEDIA_LIMIT_NS; }

export function clockText(ns) {
  if (!isMediaTime(ns)) return new Date(ns / 1e6).toLocaleTimeString([], { hour12: false });
  const s = ns / 1e9;
  const rest = String(Math.floor(s % 60)).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export function secondsText(s) {
  if (s === null || s === undefined) return "–";
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

export function fpsText(fps) { return fps === null || fps === undefined ? "–" : `${fps.toFixed(fps < 10 ? 1 : 0)} fps`; }
export function msText(ms) { return ms === null ? "–" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`; }
export function countText(n) { return n.toLocaleString("en"); }
// A signed error in percent of the truth.
export function errorText(percent) { return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0).replace(/\.0$/, "")} %`; }
export function percentText(share) { return `${Math.round(share * 100)} %`; }
export function plural(n, word) { return `${countText(n)} ${word}${n === 1 ? "" : "s"}`; }
export function spaced(name) { return name.replaceAll("_", " "); }

export const STATE_TONE = { running: "good", starting: "", paused: "", ended: "", lost: "bad", failed: "bad" };

// "car · white": the class and what is known best about it.
export function labelText(object) {
  const a = object.attributes;
  const colour = a.vehicle_colour ?? a.upper_colour;
  return colour ? `${object.label} · ${colour[0]}` : object.label;
}

const WEARS = { bag: "bag", backpack: "backpack", hat: "hat", coat: "coat" };

export function attributeText(name, value) {
  if (name === "vehicle_colour") return value;
  if (name === "upper_colour") return `${value} top`;
  if (name === "lower_colour") return `${value} legs`;
  if (name === "sleeves") return `${value} sleeves`;
  if (name in WEARS) return value === "yes" ? WEARS[name] : `no ${WEARS[name]}`;
  return `${spaced(name)} ${value}`;
}
