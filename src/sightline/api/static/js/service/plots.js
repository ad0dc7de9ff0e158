// Plots over time: stacked bars of counts and lines of speeds, in the colours of the page.

import uPlot from "../../vendor/uplot-1.6.32/uPlot.esm.js";

const HEIGHT = 230;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

function frame(box, step) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: of("--quiet"), font: "12px system-ui, sans-serif", ticks: { show: false } };
  return {
    width: box.clientWidth || 300,
    height: HEIGHT,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    axis,
    edge: of("--edge"),
    xAxis: {
      ...axis, grid: { show: false }, space: 68, size: 28,
      incrs: [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE).concat([1, 2, 3, 6, 12].map((n) => n * HOUR), [DAY, 2 * DAY, 7 * DAY]),
      values: (_, ticks, __, ___, apart) => ticks.map((seconds) => timeText(seconds, apart >= DAY || step >= HOUR)),
    },
  };
}

function timeText(seconds, days) {
  const at = new Date(seconds * 1000);
  const clock = at.toLocaleTimeString([], { hour12: false, hour: "2-digit", minute: "2-digit" });
  return days ? `${at.toLocaleDateString("en", { weekday: "short" })} ${clock === "00:00" ? at.getDate() : clock}` : clock;
}

// series: [{name, colour, values}] of windows of ``step`` seconds that begin at ``times`` (seconds, UTC).
export function barPlot(box, { times, step, series, from, to }) {
  const given = frame(box, step);
  const bars = uPlot.paths.bars({ size: [0.8, 34, 1], align: 1 });
  const stacked = series.map((_, i) => times.map((__, t) => series.slice(0, i + 1).reduce((sum, { values }) => sum + values[t], 0)));
  return new uPlot({
    ...given,
    scales: { x: { range: () => [from, to] }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [given.xAxis, { ...given.axis, grid: { stroke: given.edge, width: 1 }, size: 46, space: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], values: (_, ticks) => ticks.map(String) }],
    // Stacked: the tallest sum is painted first, the ones below it over it.
    series: [{}, ...[...series].reverse().map(({ name, colour }) => ({ label: name, stroke: colour, fill: colour, width: 0, paths: bars, points: { show: false } }))],
  }, [times, ...stacked.reverse()], box);
}

// series: [{name, colour, values}]; a window without a value is a gap.
export function linePlot(box, { times, step, series, from, to }) {
  const given = frame(box, step);
  return new uPlot({
    ...given,
    scales: { x: { range: () => [from, to] }, y: { range: (_, __, most) => [0, Math.max(20, (most ?? 0) * 1.15)] } },
    axes: [given.xAxis, { ...given.axis, grid: { stroke: given.edge, width: 1 }, size: 46, space: 34, values: (_, ticks) => ticks.map(String) }],
    series: [{}, ...series.map(({ name, colour }) => ({ label: name, stroke: colour, width: 2, spanGaps: false, points: { show: true, size: 5, fill: colour } }))],
  }, [times, ...series.map(({ values }) => values)], box);
}
