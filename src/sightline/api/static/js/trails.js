// Where the foot points of tracks have been in the last seconds.

const KEEP_MS = 6000;
const GONE_MS = 1500; // a track not seen for so long loses its trail
const MOST_POINTS = 160;

export class TrailBook {
  constructor() { this.clear(); }

  clear() {
    this.trails = new Map(); // id -> {label, points: [{x, y, t}]}
    this.now = 0;
  }

  add(overlay) {
    const t = overlay.time_ns / 1e6;
    if (t < this.now - 1000) this.clear(); // the source began anew
    this.now = t;
    for (const { id, label, box } of overlay.objects) {
      if (id < 0) continue;
      const trail = this.trails.get(id) ?? { label, points: [] };
      const [left, , right, bottom] = box;
      trail.label = label;
      trail.points.push({ x: (left + right) / 2, y: bottom, t });
      this.trails.set(id, trail);
    }
    for (const [id, { points }] of this.trails) {
      if (t - points.at(-1).t > GONE_MS) this.trails.delete(id);
      else while (points.length > MOST_POINTS || t - points[0].t > KEEP_MS) points.shift();
    }
  }

  // Age share 0 (now) .. 1 (about to go) of a point.
  ageOf(point) { return Math.min(1, (this.now - point.t) / KEEP_MS); }
}
