// Numbers beside the known truth: of one camera in a line or a card, of all cameras in the bar; nothing where it is unknown.

import { el, refill } from "./dom.js";
import { countText, errorText } from "./words.js";

const GOOD = 10; // percent of count error a street survey would still accept
const FAIR = 20;

function tone(percent) {
  const off = Math.abs(percent);
  return off <= GOOD ? "good" : off <= FAIR ? "warn" : "bad";
}

function hotaText(hota) { return hota === null ? "HOTA –" : `HOTA ${Math.round(hota)}`; }

// apart: the error line by line, which no miss here and false count there can hide; it gives the colour.
function error(percent, apart) {
  return percent === null ? null : el("span", { class: `off ${tone(apart ?? percent)}` }, `(${errorText(percent)})`);
}

function counted({ counted: n, truth, count_error: percent, line_error: apart }) {
  return [el("span", {}, `counted ${countText(n)}, truth ${countText(truth)} `), error(percent, apart)];
}

// "HOTA 63 · counted 41, truth 43 (−5 %)"
export function scoreLine(node, scores) {
  node.hidden = !scores;
  if (!scores) return;
  refill(node, JSON.stringify([scores.hota, scores.counted, scores.truth]), () => [
    el("b", {}, hotaText(scores.hota)),
    ...(scores.counts.length ? [el("span", { class: "sep", "aria-hidden": "true" }, "·"), el("span", {}, counted(scores))] : []),
  ]);
}

// The line in the bar: all cameras together.
export function networkLine(node, network) {
  node.hidden = network === null;
  if (network === null) return;
  refill(node, JSON.stringify(network), () => [
    el("span", { class: "tag" }, "Against the truth"),
    el("b", {}, `mean ${hotaText(network.hota)}`),
    el("span", { class: "sep", "aria-hidden": "true" }, "·"),
    el("span", {}, counted(network)),
    network.line_error === null ? null : el("span", { class: "apart" }, `line by line ${errorText(network.line_error)} off`.replace("+", "")),
    ask(),
  ]);
}

// The button that explains.
export function ask() {
  return el("button", { class: "ask", type: "button", popovertarget: "truth-help", "aria-label": "What these numbers mean" }, "?");
}

// The table of one camera: every line and direction by itself.
export class TruthCard {
  constructor() {
    this.body = el("div", { class: "body" });
    this.node = el("section", { class: "card truths", "aria-label": "Beside the truth", hidden: true }, el("header", {}, el("h2", {}, "Beside the truth")), this.body);
  }

  update(scores) {
    this.node.hidden = !scores;
    if (!scores) return;
    refill(this.body, JSON.stringify(scores), () => [
      el("dl", { class: "facts" },
        el("div", {}, el("dt", {}, "HOTA"), el("dd", {}, scores.hota?.toFixed(1) ?? "–")),
        el("div", {}, el("dt", {}, "IDF1"), el("dd", {}, scores.idf1?.toFixed(1) ?? "–"))),
      scores.counts.length ? el("table", { class: "part" },
        el("thead", {}, el("tr", {}, ["Line", "Counted", "Truth", "Error"].map((word) => el("th", { scope: "col" }, word)))),
        el("tbody", {}, scores.counts.map(({ line, direction, counted: n, truth }) => el("tr", {},
          el("td", {}, line, " ", el("span", { class: "quiet" }, direction)),
          el("td", {}, countText(n)), el("td", {}, countText(truth)),
          el("td", {}, truth ? el("span", { class: `off ${tone((100 * (n - truth)) / truth)}` }, errorText((100 * (n - truth)) / truth)) : "–"))))) : null,
      scores.note ? el("p", { class: "empty" }, scores.note) : null,
    ]);
  }
}
