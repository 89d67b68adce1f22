// The stretch of time that the timeline and the memory map show together, and the hands on it: wheel, drag, keys.
"use strict";

class TimeView {
  constructor(cycles) {
    this.cycles = cycles;
    this.from = 0;
    this.to = cycles;
    this.listeners = [];
  }

  set(from, to) {
    const least = Math.min(20, this.cycles);
    const width = Math.min(Math.max(to - from, least), this.cycles);
    this.from = Math.min(Math.max(0, from), this.cycles - width);
    this.to = this.from + width;
    this.changed();
  }

  // Scales around a moment, which stays where it is.
  zoom(factor, at = (this.from + this.to) / 2) {
    if (!factor) return this.set(0, this.cycles);
    const width = Math.min((this.to - this.from) * factor, this.cycles);
    const part = (at - this.from) / (this.to - this.from);
    this.set(at - part * width, at + (1 - part) * width);
  }

  pan(cycles) {
    const width = this.to - this.from;
    const from = Math.min(Math.max(0, this.from + cycles), this.cycles - width);
    this.set(from, from + width);
  }

  changed() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      for (const draw of this.listeners) draw();
    });
  }
}

// A canvas over the view: crisp on any screen, redrawn once a frame, with a time axis from `left` on.
class TimeCanvas {
  constructor(id, view, left) {
    this.canvas = byId(id);
    this.view = view;
    this.left = left;
    this.context = this.canvas.getContext("2d");
    this.width = this.height = 0;
    view.listeners.push(() => this.redraw());
    new ResizeObserver(() => view.changed()).observe(this.canvas);
    this.listen();
  }

  x(time) {
    return this.left + ((time - this.view.from) / (this.view.to - this.view.from)) * (this.width - this.left);
  }
  time(x) {
    return this.view.from + ((x - this.left) / (this.width - this.left)) * (this.view.to - this.view.from);
  }

  redraw() {
    // Asking the canvas itself for each of thousands of boxes would take longer than drawing them.
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    if (!this.width || !this.height) return;
    const scale = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(this.width * scale) || this.canvas.height !== Math.round(this.height * scale)) {
      this.canvas.width = Math.round(this.width * scale);
      this.canvas.height = Math.round(this.height * scale);
    }
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.font = '11px system-ui, "DejaVu Sans", sans-serif';
    this.context.textBaseline = "middle";
    this.draw(this.context);
    if (this.range) {
      const [a, b] = this.range.map((t) => this.x(t));
      this.context.fillStyle = theme("--accent");
      this.context.globalAlpha = 0.2;
      this.context.fillRect(Math.min(a, b), 0, Math.abs(b - a), this.height);
      this.context.globalAlpha = 1;
    }
  }

  // A text cut to a width; nothing where even a few letters do not fit.
  label(text, x, y, width) {
    const letters = Math.floor(width / 6.2);
    if (letters < 3 || !text) return;
    this.context.fillText(text.length > letters ? `${text.slice(0, letters - 1)}…` : text, x, y);
  }

  listen() {
    const c = this.canvas;
    c.addEventListener("wheel", (e) => {
      e.preventDefault();
      const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY);
      if (sideways) this.view.pan((e.deltaX / this.width) * (this.view.to - this.view.from));
      else this.view.zoom(Math.exp(Math.max(-60, Math.min(60, e.deltaY)) / 160), this.time(e.offsetX));
    }, { passive: false });
    c.addEventListener("pointerdown", (e) => {
      c.setPointerCapture(e.pointerId);
      this.drag = { x: e.offsetX, from: this.view.from, to: this.view.to, isRange: e.shiftKey, moved: false };
    });
    c.addEventListener("pointermove", (e) => this.moved(e));
    c.addEventListener("pointerup", (e) => this.released(e));
    c.addEventListener("pointerleave", () => {
      tooltip.hide();
      if (this.hovered !== undefined) { this.hovered = undefined; this.view.changed(); }
    });
    c.addEventListener("dblclick", () => this.view.zoom(0));
    c.addEventListener("keydown", (e) => this.key(e));
  }

  moved(e) {
    const d = this.drag;
    if (!d) return this.hover(e);
    d.moved ||= Math.abs(e.offsetX - d.x) > 3;
    tooltip.hide();
    if (d.isRange) {
      this.range = [this.time(d.x), this.time(e.offsetX)];
      this.view.changed();
    } else if (d.moved) {
      const cycles = ((d.x - e.offsetX) / (this.width - this.left)) * (d.to - d.from);
      this.view.set(d.from, d.to);
      this.view.pan(cycles);
    }
  }

  released(e) {
    const d = this.drag;
    this.drag = null;
    if (this.range) {
      const [a, b] = this.range;
      this.range = null;
      this.view.set(Math.min(a, b), Math.max(a, b));
    } else if (d && !d.moved) this.click(e);
  }

  key(e) {
    const step = 0.15 * (this.view.to - this.view.from);
    const actions = {
      "+": () => this.view.zoom(0.5), "=": () => this.view.zoom(0.5), "-": () => this.view.zoom(2),
      0: () => this.view.zoom(0), ArrowLeft: () => this.view.pan(-step), ArrowRight: () => this.view.pan(step),
    };
    if (actions[e.key]) { actions[e.key](); e.preventDefault(); }
  }

  draw() {}
  hover() {}
  click() {}
}
