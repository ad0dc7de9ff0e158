// Counts of one camera: totals per line, direction and class, and their course over time.

import uPlot from "../vendor/uplot-1.6.32/uPlot.esm.js";
import { csvAddress, fetchCounts } from "./api.js";
import { chooser, el } from "./dom.js";
import { CLASS_ORDER, colourOf } from "./palette.js";
import { clockText, countText } from "./words.js";

const EVERY_MS = 5000;
const DIRECTION_COLOURS = { forward: "#4aa3ef", backward: "#f0a020" };
const LEAST_WINDOWS = 12;
const MOST_WINDOWS = { 1: 60, 15: 96 }; // an hour of minutes, a day of quarters

export class Counts {
  constructor(feed) {
    this.feed = feed;
    this.minutes = 1;
    this.split = "direction";
    this.rows = [];
    this.plot = null;
    this.legend = el("div", { class: "legend" });
    this.plotBox = el("div", { class: "plot" });
    this.table = el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Totals" });
    this.fault = el("p", { class: "fault", role: "status" });
    this.csv = el("a", { class: "button small plain", download: "", href: csvAddress(feed.name, 1) }, "Download CSV");
    this.empty = el("p", { class: "empty" }, "No crossings yet. Draw a line over the picture and every road user that crosses it is counted.");
    this.full = el("div", { hidden: true }, this.legend, this.plotBox, this.table);
    this.node = el("section", { class: "card counts", "aria-label": "Counts" },
      el("header", {}, el("h2", {}, "Counts"), el("span", { class: "spring" }),
        chooser("Colours by", [["direction", "Direction"], ["class", "Class"]], this.split, (split) => { this.split = split; this.#draw(); }),
        chooser("Window", [[1, "1 min"], [15, "15 min"]], this.minutes, (minutes) => { this.minutes = minutes; this.refresh(); }),
        this.csv),
      el("div", { class: "body" }, this.empty, this.full, this.fault));
    this.timer = setInterval(() => this.refresh(), EVERY_MS);
    this.soon = 0;
    this.observer = new ResizeObserver(() => this.plot?.setSize({ width: this.plotBox.clientWidth, height: 190 }));
    this.observer.observe(this.plotBox);
    this.refresh();
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.observer.disconnect();
    this.plot?.destroy();
  }

  // A crossing happened: look again shortly, once for a burst.
  nudge() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.refresh(), 300);
  }

  async refresh() {
    const { minutes } = this;
    this.csv.href = csvAddress(this.feed.name, minutes);
    try {
      const rows = await fetchCounts(this.feed.name, minutes);
      if (minutes !== this.minutes) return;
      this.fault.textContent = "";
      const key = JSON.stringify([minutes, rows]);
      if (key === this.key) return;
      this.key = key;
      this.rows = rows;
      this.#draw();
    } catch (error) {
      this.fault.textContent = error.message;
    }
  }

  totals() {
    const totals = {};
    for (const { line, direction, by_class: classes } of this.rows) {
      const into = ((totals[line] ??= {})[direction] ??= {});
      for (const [name, n] of Object.entries(classes)) into[name] = (into[name] ?? 0) + n;
    }
    return totals;
  }

  redraw() { this.#draw(); }

  #draw() {
    const any = this.rows.some(({ total }) => total > 0);
    this.empty.hidden = any;
    this.full.hidden = !any;
    if (!any) return;
    this.#drawTable();
    this.#drawPlot();
  }

  #drawTable() {
    const totals = this.totals();
    const classes = CLASS_ORDER.filter((name) => this.rows.some(({ by_class: c }) => c[name]));
    const rows = Object.entries(totals).flatMap(([line, directions]) => ["forward", "backward"].filter((d) => directions[d]).map((direction) => {
      const of = directions[direction];
      const sum = Object.values(of).reduce((a, b) => a + b, 0);
      return el("tr", { "data-line": line, "data-direction": direction },
        el("td", {}, line, el("span", { class: "quiet" }, ` · ${direction}`)),
        classes.map((name) => el("td", {}, of[name] ? countText(of[name]) : "–")),
        el("td", { class: "total" }, countText(sum)));
    }));
    this.table.replaceChildren(el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Line"), classes.map((name) => el("th", { scope: "col" }, name)), el("th", { scope: "col" }, "total"))),
      el("tbody", {}, rows)));
  }

  #drawPlot() {
    const step = this.minutes * 60;
    const starts = this.rows.map(({ start_ns: ns }) => ns / 1e9);
    const last = Math.max(...starts);
    const first = Math.max(Math.min(...starts), last - (MOST_WINDOWS[this.minutes] - 1) * step);
    const times = [];
    for (let t = first; t <= last + 0.5; t += step) times.push(t);
    const known = times.length;
    while (times.length < LEAST_WINDOWS) times.push(times.at(-1) + step); // empty ones: a lone bar is no course of time
    const keyOf = this.split === "class" ? null : (row) => row.direction;
    const names = this.split === "class"
      ? CLASS_ORDER.filter((name) => this.rows.some(({ by_class: c }) => c[name]))
      : ["forward", "backward"].filter((d) => this.rows.some((row) => keyOf(row) === d));
    const values = names.map((name) => {
      const column = times.map((_, t) => (t < known ? 0 : null));
      for (const row of this.rows) {
        const place = Math.round((row.start_ns / 1e9 - first) / step);
        if (place < 0 || place >= known) continue;
        if (keyOf) column[place] += keyOf(row) === name ? row.total : 0;
        else column[place] += row.by_class[name] ?? 0;
      }
      return column;
    });
    const colour = (name) => (this.split === "class" ? colourOf(name) : DIRECTION_COLOURS[name]);
    this.legend.replaceChildren(...names.map((name) => el("span", {}, el("span", { class: "swatch", tone: colour(name) }), name)));
    const stacked = values.map((column, i) => column.map((_, t) => values.slice(0, i + 1).reduce((sum, c) => (c[t] === null ? null : sum + c[t]), 0)));
    this.plot?.destroy();
    this.plot = new uPlot(this.#options(names, colour, step), [times, ...stacked.reverse()], this.plotBox);
  }

  #options(names, colour, step) {
    const style = getComputedStyle(document.documentElement);
    const quiet = style.getPropertyValue("--quiet").trim();
    const edge = style.getPropertyValue("--edge").trim();
    const bars = uPlot.paths.bars({ size: [0.72, 34, 2], align: 1 });
    const axis = { stroke: quiet, font: "12px system-ui, sans-serif", ticks: { show: false } };
    return {
      width: this.plotBox.clientWidth || 300,
      height: 190,
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: (_, min, max) => [min - step * 0.25, max + step * 1.1] },
        y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 74, size: 28, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 240].map((n) => n * 60), values: (_, ticks) => ticks.map((t) => (t < 0 ? "" : shortTime(t))) },
        { ...axis, grid: { stroke: edge, width: 1 }, size: 42, space: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000], values: (_, ticks) => ticks.map((n) => String(n)) },
      ],
      // Stacked: the tallest sum is painted first, the ones below it over it.
      series: [{}, ...[...names].reverse().map((name) => ({ label: name, stroke: colour(name), fill: colour(name), width: 0, paths: bars, points: { show: false } }))],
    };
  }
}

function shortTime(seconds) {
  const text = clockText(seconds * 1e9);
  return text.length === 8 ? text.slice(0, 5) : text; // hh:mm of the day, m:ss of a file
}
