// Lines and zones as points in shares of the picture: who is in a zone, free names, colours and their painting.

const RIM = "rgba(4, 7, 11, 0.78)";
const CHIP = "rgba(9, 12, 17, 0.86)";
const TONES = ["#7cc4ff", "#ffb454", "#5fd9a5", "#f394c8", "#c4a5ff", "#e5e05f"]; // told apart by their names too

export function toneOf(index) { return TONES[index % TONES.length]; }

// Where an object stands: the middle of its box's lower side.
export function footOf({ box: [left, , right, bottom] }) { return [(left + right) / 2, bottom]; }

// Points as they stand in the site's file: 1/10000 of a 4K picture's width is 0.4 pixels.
export function tidy(points) { return points.map((point) => point.map((share) => Math.round(share * 1e4) / 1e4)); }

// Even-odd rule, as the server has it.
export function isInside([x, y], corners) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const [xi, yi] = corners[i];
    const [xj, yj] = corners[j];
    if ((yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export function freeName(word, taken) {
  let n = 1;
  while (taken.includes(`${word} ${n}`)) n += 1;
  return `${word} ${n}`;
}

// The corners with one more in the middle of the longest side; its place.
export function split(corners) {
  const lengths = corners.map(([x, y], i) => Math.hypot(x - corners[(i + 1) % corners.length][0], y - corners[(i + 1) % corners.length][1]));
  const at = lengths.indexOf(Math.max(...lengths));
  const [a, b] = [corners[at], corners[(at + 1) % corners.length]];
  return { corners: corners.toSpliced(at + 1, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]), at: at + 1 };
}

function trace(ctx, rect, points, closed) {
  ctx.beginPath();
  for (const [i, [x, y]] of points.entries()) ctx[i ? "lineTo" : "moveTo"](rect.x + x * rect.w, rect.y + y * rect.h);
  if (closed) ctx.closePath();
}

// lit: somebody is in it; edited: it is being drawn.
export function paintShape(ctx, rect, points, { tone, closed = true, lit = false, edited = false }) {
  if (points.length < 2) return;
  trace(ctx, rect, points, closed);
  if (closed && points.length > 2) {
    ctx.globalAlpha = lit ? 0.2 : 0.1;
    ctx.fillStyle = tone;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  ctx.lineJoin = "round";
  ctx.setLineDash(edited ? [7, 5] : []);
  for (const [style, width] of [[RIM, 4], [tone, 2]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

export function paintDots(ctx, rect, points, tone) {
  for (const [x, y] of points) {
    ctx.beginPath();
    ctx.arc(rect.x + x * rect.w, rect.y + y * rect.h, 4.5, 0, 7);
    ctx.fillStyle = tone;
    ctx.strokeStyle = RIM;
    ctx.lineWidth = 2;
    ctx.fill();
    ctx.stroke();
  }
}

// Words on the picture; answers with their rectangle, so that nothing is written over them.
export function paintWords(ctx, rect, text, [x, y], font) {
  ctx.font = `600 ${font}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  const w = ctx.measureText(text).width + 12;
  const h = font + 6;
  const left = Math.max(rect.x + 2, Math.min(rect.x + x * rect.w - w / 2, rect.x + rect.w - w - 2));
  const top = Math.max(rect.y + 2, Math.min(rect.y + y * rect.h - h / 2, rect.y + rect.h - h - 2));
  ctx.fillStyle = CHIP;
  ctx.beginPath();
  ctx.roundRect(left, top, w, h, 3);
  ctx.fill();
  ctx.fillStyle = "#ffffff";
  ctx.fillText(text, left + 6, top + h / 2 + 0.5);
  return { x: left, y: top, w, h };
}

// The highest corner: a zone's name stands there, where it covers little of the street.
export function topOf(corners) { return corners.reduce((best, one) => (one[1] < best[1] ? one : best)); }
