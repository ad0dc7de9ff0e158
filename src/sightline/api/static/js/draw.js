// Drawing boxes, chips, trails and lines on the overlay canvas; all sizes in CSS pixels.

import { colourOf } from "./palette.js";
import { labelText } from "./words.js";

const RIM = "rgba(4, 7, 11, 0.78)";
const CHIP = "rgba(9, 12, 17, 0.86)";

// Where the picture lies inside the stage ("contain").
export function contentRect(width, height, pictureWidth, pictureHeight) {
  const scale = Math.min(width / pictureWidth, height / pictureHeight);
  const w = pictureWidth * scale;
  const h = pictureHeight * scale;
  return { x: (width - w) / 2, y: (height - h) / 2, w, h };
}

function pixelBox(rect, box, dpr) {
  const snap = (value) => (Math.round(value * dpr) + 0.5) / dpr; // on the middle of a device pixel: crisp edges
  const [left, top, right, bottom] = box;
  const x = snap(rect.x + left * rect.w);
  const y = snap(rect.y + top * rect.h);
  return { x, y, w: snap(rect.x + right * rect.w) - x, h: snap(rect.y + bottom * rect.h) - y };
}

export function drawBoxes(ctx, rect, objects, { dpr, chosen }) {
  for (const object of objects) {
    const { x, y, w, h } = pixelBox(rect, object.box, dpr);
    const strong = object.id >= 0 && object.id === chosen;
    const line = strong ? 3 : object.id < 0 ? 1 : 2;
    ctx.setLineDash([]);
    ctx.lineWidth = line + 2;
    ctx.strokeStyle = RIM;
    ctx.strokeRect(x, y, w, h);
    ctx.setLineDash(object.held ? [6, 4] : []);
    ctx.lineWidth = line;
    ctx.strokeStyle = colourOf(object.label);
    ctx.strokeRect(x, y, w, h);
    if (strong) {
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = colourOf(object.label);
      ctx.fillRect(x, y, w, h);
      ctx.globalAlpha = 1;
    }
  }
  ctx.setLineDash([]);
}

function overlaps(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

// Places beside the box, best first: above, below, right, left, inside.
function places(box, w, h, rect) {
  const inX = (x) => Math.max(rect.x, Math.min(x, rect.x + rect.w - w));
  const list = [
    [inX(box.x - 1), box.y - h - 2],
    [inX(box.x - 1), box.y + box.h + 2],
    [box.x + box.w + 3, box.y],
    [box.x - w - 3, box.y],
    [inX(box.x + 2), box.y + 2],
  ].map(([x, y]) => ({ x, y, w, h }));
  return list.filter((p) => p.x >= rect.x && p.x + w <= rect.x + rect.w && p.y >= rect.y && p.y + h <= rect.y + rect.h);
}

export function drawChips(ctx, rect, objects, { dpr, font, ids, names, scores, attributes, chosen, taken }) {
  const h = font + 6;
  const placed = [...taken];
  ctx.textBaseline = "middle";
  const big = (o) => (o.box[2] - o.box[0]) * (o.box[3] - o.box[1]) + (o.id === chosen ? 10 : 0);
  for (const object of [...objects].sort((a, b) => big(b) - big(a))) {
    if (object.id < 0) continue;
    const name = attributes ? labelText(object) : object.label;
    const words = [ids ? `#${object.id}` : "", names ? name : ""].filter(Boolean).join(" ");
    const score = scores ? object.score.toFixed(2) : "";
    ctx.font = `600 ${font}px system-ui, sans-serif`;
    const wordsWidth = ctx.measureText(words).width;
    ctx.font = `400 ${font}px system-ui, sans-serif`;
    const w = Math.ceil(wordsWidth + (score ? ctx.measureText(score).width + 6 : 0)) + 14;
    const spots = places(pixelBox(rect, object.box, dpr), w, h, rect);
    const spot = spots.find((s) => !placed.some((p) => overlaps(s, p)));
    if (!spot) continue; // a chip on a chip cannot be read; hovering the box still tells
    placed.push(spot);
    ctx.fillStyle = CHIP;
    ctx.beginPath();
    ctx.roundRect(spot.x, spot.y, w, h, 3);
    ctx.fill();
    ctx.fillStyle = colourOf(object.label);
    ctx.fillRect(spot.x, spot.y, 3, h);
    ctx.fillStyle = "#ffffff";
    ctx.font = `600 ${font}px system-ui, sans-serif`;
    ctx.fillText(words, spot.x + 8, spot.y + h / 2 + 0.5);
    if (score) {
      ctx.fillStyle = "#c3cbd6";
      ctx.font = `400 ${font}px system-ui, sans-serif`;
      ctx.fillText(score, spot.x + 14 + wordsWidth, spot.y + h / 2 + 0.5);
    }
  }
}

export function drawTrails(ctx, rect, book) {
  ctx.lineCap = "round";
  ctx.lineWidth = 2.5;
  for (const { label, points } of book.trails.values()) {
    ctx.strokeStyle = colourOf(label);
    for (let i = 1; i < points.length; i += 1) {
      ctx.globalAlpha = 0.85 * (1 - book.ageOf(points[i]));
      ctx.beginPath();
      ctx.moveTo(rect.x + points[i - 1].x * rect.w, rect.y + points[i - 1].y * rect.h);
      ctx.lineTo(rect.x + points[i].x * rect.w, rect.y + points[i].y * rect.h);
      ctx.stroke();
    }
  }
  ctx.globalAlpha = 1;
  ctx.lineCap = "butt";
}

function stroked(ctx, colour, width, path) {
  for (const [style, extra] of [[RIM, 2.5], [colour, 0]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width + extra;
    ctx.beginPath();
    path();
    ctx.stroke();
  }
}

function tag(ctx, text, x, y, font, rect) {
  ctx.font = `600 ${font}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  const w = ctx.measureText(text).width + 12;
  const h = font + 6;
  const left = Math.max(rect.x + 2, Math.min(x - w / 2, rect.x + rect.w - w - 2));
  const top = Math.max(rect.y + 2, Math.min(y - h / 2, rect.y + rect.h - h - 2));
  ctx.fillStyle = CHIP;
  ctx.beginPath();
  ctx.roundRect(left, top, w, h, 3);
  ctx.fill();
  ctx.fillStyle = "#ffffff";
  ctx.fillText(text, left + 6, top + h / 2 + 0.5);
  return { x: left, y: top, w, h };
}

// A directed line; the arrow in its middle points to the side that counts as "forward" (right of start -> end).
// Answers with the rectangles of its words.
export function drawLine(ctx, rect, line, { lit, edited, names, font }) {
  const at = ([x, y]) => [rect.x + x * rect.w, rect.y + y * rect.h];
  const [x0, y0] = at(line.start);
  const [x1, y1] = at(line.end);
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return [];
  const colour = lit ? "#ffd54a" : edited ? "#8fc9ff" : "#ffffff";
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  stroked(ctx, colour, lit ? 4 : 2.5, () => { ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); });
  const n = [-(y1 - y0) / length, (x1 - x0) / length];
  const mid = [(x0 + x1) / 2, (y0 + y1) / 2];
  const reach = names ? 26 : 14;
  const head = names ? 8 : 5;
  const tip = [mid[0] + n[0] * reach, mid[1] + n[1] * reach];
  stroked(ctx, colour, names ? 2.5 : 2, () => {
    ctx.moveTo(mid[0], mid[1]);
    ctx.lineTo(tip[0], tip[1]);
    for (const side of [1, -1]) {
      ctx.moveTo(tip[0], tip[1]);
      ctx.lineTo(tip[0] - head * (n[0] + side * 0.8 * n[1]), tip[1] - head * (n[1] - side * 0.8 * n[0]));
    }
  });
  ctx.lineCap = "butt";
  if (!names) return [];
  const words = [];
  if (edited) words.push(tag(ctx, "forward", tip[0] + n[0] * 14 + n[1] * 4, tip[1] + n[1] * 14, font, rect));
  if (line.name) words.push(tag(ctx, line.name, x0, y0 - font - 8, font, rect));
  return words;
}
