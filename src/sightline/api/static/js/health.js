// Health of one stream: rates, age, drops by reason, milliseconds per stage.

import { el, refill } from "./dom.js";
import { countText, fpsText, msText, secondsText, spaced } from "./words.js";

export class Health {
  constructor() {
    this.body = el("div", { class: "body" });
    this.node = el("section", { class: "card", "aria-label": "Health" }, el("header", {}, el("h2", {}, "Health")), this.body);
  }

  update(status) {
    if (status) refill(this.body, JSON.stringify(status), () => panel(status));
  }
}

function fact(name, value, wide = false) { return el("div", { class: wide ? "wide" : "" }, el("dt", {}, name), el("dd", {}, value)); }

function panel(status) {
  const size = status.width ? `${status.width} × ${status.height}` : "–";
  const facts = el("dl", { class: "facts" },
    fact("Analysed", fpsText(status.analysed_fps)), fact("Source", status.source_fps ? fpsText(status.source_fps) : "–"),
    fact("Age of result", secondsText(status.age_s)), fact("Size", size),
    fact("Frames analysed", countText(status.frames_analysed)), fact("Frames read", countText(status.frames_read)),
    fact("Detector", status.detector || "–"), fact("Reconnects", countText(status.reconnects)),
    fact("Address", status.source, true));
  const stages = Object.entries(status.ms).filter(([, ms]) => ms !== null);
  const most = Math.max(1e-6, ...stages.map(([, ms]) => ms));
  const sum = stages.reduce((total, [, ms]) => total + ms, 0);
  const dropped = Object.entries(status.dropped).filter(([, n]) => n > 0);
  return [
    facts,
    stages.length ? el("div", { class: "part" },
      el("h3", {}, `Time per analysed frame: ${msText(sum)}`),
      el("dl", { class: "stages" }, stages.map(([name, ms]) => [
        el("dt", {}, spaced(name)), el("div", { class: "meter" }, el("i", { share: ms / most })), el("dd", {}, msText(ms))]))) : null,
    el("div", { class: "part" },
      el("h3", {}, "Frames dropped"),
      dropped.length
        ? el("dl", { class: "stages" }, dropped.map(([reason, n]) => [el("dt", {}, spaced(reason)), el("span"), el("dd", {}, countText(n))]))
        : el("p", { class: "empty" }, "None.")),
  ].filter((part) => part !== null);
}
