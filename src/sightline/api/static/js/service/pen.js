// Drawing on a camera's picture with mouse, finger or keys: segments, polygons, and grips that move their points.

import { el } from "../dom.js";

const SHORTEST = 0.02; // of the picture: a click without a drag is one end, the next click the other
const NEAR_PX = 14; // a click so near to the first corner closes the polygon
const SAME_PX = 4; // the second click of a double click adds no corner
const KEY_STEP = 0.01;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MOST_CORNERS = 64;

export class Pen {
  constructor(stage) {
    this.stage = stage;
    this.points = []; // of what is being drawn
    this.closed = false;
    this.pointer = null; // where the next point would be
    this.drawing = null; // how what is being drawn ends: a function
    this.grips = [];
    this.held = null; // {points, ...} whose points the grips move
    this.hint = el("div", { class: "hint", hidden: true, role: "status" });
    stage.node.append(this.hint);
    stage.node.tabIndex = -1;
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.observer = new ResizeObserver(() => this.#place());
    this.observer.observe(stage.node);
    stage.feed.addEventListener("shown", () => this.#place(), { signal });
    stage.node.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    stage.node.addEventListener("pointermove", (event) => this.#hover(event), { signal });
    addEventListener("keydown", (event) => this.#key(event), { signal, capture: true });
  }

  get busy() { return this.drawing !== null || this.held !== null; }

  close() {
    this.abort.abort();
    this.observer.disconnect();
    this.cancel();
    this.release();
    this.hint.remove();
  }

  // Two points; null where it was given up.
  segment(hint) { return this.#draw(hint, false); }

  // Three corners or more; null where it was given up.
  polygon(hint) { return this.#draw(hint, true); }

  cancel() { this.drawing?.(null); }

  #draw(hint, closed) {
    this.cancel();
    this.release();
    this.points = [];
    this.closed = closed;
    this.hint.textContent = hint;
    this.hint.hidden = false;
    this.stage.node.classList.add("drawing");
    this.stage.node.scrollIntoView({ block: "nearest" });
    this.stage.node.focus({ preventScroll: true });
    return new Promise((resolve) => {
      this.drawing = (points) => {
        this.drawing = null;
        this.points = [];
        this.pointer = null;
        this.hint.hidden = true;
        this.stage.node.classList.remove("drawing");
        this.stage.draw();
        resolve(points);
      };
    });
  }

  #px(point) {
    const rect = this.stage.rect();
    return [rect.x + point[0] * rect.w, rect.y + point[1] * rect.h];
  }

  #apart(a, b) {
    const [p, q] = [this.#px(a), this.#px(b)];
    return Math.hypot(p[0] - q[0], p[1] - q[1]);
  }

  #press(event) {
    if (this.drawing === null || event.button > 0) return;
    event.preventDefault();
    const point = this.stage.sharesAt(event);
    if (this.closed) { this.#corner(point); return; }
    if (this.points.length === 1) { this.#finishSegment(point); return; }
    this.points = [point];
    this.pointer = point;
    this.#follow(event, (next) => { this.pointer = next; this.stage.draw(); }, () => this.#finishSegment(this.pointer));
  }

  #finishSegment(point) {
    if (this.points.length !== 1 || point === null) return;
    if (Math.hypot(point[0] - this.points[0][0], point[1] - this.points[0][1]) >= SHORTEST) this.drawing?.([this.points[0], point]);
  }

  #corner(point) {
    const { points } = this;
    if (points.length >= 3 && this.#apart(point, points[0]) < NEAR_PX) { this.#closeUp(); return; }
    if (points.length && this.#apart(point, points.at(-1)) < SAME_PX) { this.#closeUp(); return; }
    if (points.length < MOST_CORNERS) points.push(point);
    this.stage.draw();
  }

  #closeUp() { if (this.points.length >= 3) this.drawing?.([...this.points]); }

  #hover(event) {
    if (this.drawing === null || this.points.length === 0) return;
    this.pointer = this.stage.sharesAt(event);
    this.stage.draw();
  }

  #key(event) {
    if (this.drawing === null || event.target.closest?.("input, select, button")) return;
    if (event.key === "Escape") this.cancel();
    else if (event.key === "Enter" && this.closed) this.#closeUp();
    else if (event.key === "Backspace" || event.key === "Delete") this.points.pop();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.stage.draw();
  }

  // Follows a pointer until it is lifted, wherever it goes.
  #follow(event, move, done) {
    const stop = new AbortController();
    const { signal } = stop;
    event.currentTarget.setPointerCapture?.(event.pointerId);
    addEventListener("pointermove", (next) => { if (next.pointerId === event.pointerId) move(this.stage.sharesAt(next)); }, { signal });
    const end = (next) => {
      if (next.pointerId !== event.pointerId) return;
      stop.abort();
      done();
    };
    addEventListener("pointerup", end, { signal });
    addEventListener("pointercancel", end, { signal });
  }

  // Shows a grip on each point of shape.points; what: "corner" or "end"; changed() after each move.
  hold(shape, what, changed) {
    this.release();
    this.held = { shape, what, changed };
    this.#regrip();
  }

  release() {
    this.held = null;
    for (const grip of this.grips) grip.remove();
    this.grips = [];
  }

  #regrip(focus = null) {
    for (const grip of this.grips) grip.remove();
    this.grips = this.held.shape.points.map((_, i) => this.#grip(i));
    this.stage.node.append(...this.grips);
    this.#place();
    if (focus !== null) this.grips[Math.min(focus, this.grips.length - 1)].focus({ preventScroll: true });
  }

  // After points were added or taken away from outside.
  again(focus) { if (this.held) this.#regrip(focus); }

  #grip(i) {
    const { shape, what } = this.held;
    const corner = what === "corner";
    const name = corner ? `Corner ${i + 1} of ${shape.points.length}; arrow keys move it, Delete takes it away` : `${i ? "End" : "Start"}; arrow keys move it`;
    return el("button", {
      type: "button", class: "grip", "aria-label": name,
      onpointerdown: (event) => {
        event.stopPropagation();
        this.#follow(event, (point) => this.#move(i, point), () => {});
      },
      onkeydown: (event) => {
        const arrow = ARROWS[event.key];
        if (corner && (event.key === "Delete" || event.key === "Backspace") && shape.points.length > 3) {
          event.preventDefault();
          shape.points.splice(i, 1);
          this.#regrip(i);
          this.held.changed();
        }
        if (!arrow) return;
        event.preventDefault();
        const step = KEY_STEP * (event.shiftKey ? 5 : 1);
        this.#move(i, shape.points[i].map((value, axis) => Math.max(0, Math.min(1, value + arrow[axis] * step))));
      },
    });
  }

  #move(i, point) {
    if (this.held === null) return;
    this.held.shape.points[i] = point;
    this.#place();
    this.held.changed();
  }

  #place() {
    if (this.held === null) return;
    for (const [i, grip] of this.grips.entries()) {
      const [x, y] = this.#px(this.held.shape.points[i]);
      grip.style.left = `${x}px`;
      grip.style.top = `${y}px`;
    }
  }
}
