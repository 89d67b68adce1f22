// The timeline of both engines, and the strip above it that shows where in the run it is.
"use strict";

const TRACKS = [
  { name: "TIU", top: 24, height: 52, direction: 0 },
  { name: "load", top: 82, height: 18, direction: 1 },
  { name: "store", top: 103, height: 18, direction: 2 },
  { name: "copy", top: 124, height: 18, direction: 3 },
];

// Moments that make a readable axis.
function ticksOf(from, to, most) {
  const rough = (to - from) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  const ticks = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return ticks;
}

class EngineTimeline extends TimeCanvas {
  constructor(model, view, selection) {
    super("engines", view, 84);
    this.model = model;
    this.selection = selection;
  }

  draw(g) {
    this.drawAxis(g);
    for (const track of TRACKS) {
      g.fillStyle = theme("--idle");
      g.fillRect(this.left, track.top, this.width - this.left, track.height);
      g.fillStyle = theme("--soft");
      g.textAlign = "right";
      g.fillText(track.name, this.left - 8, track.top + track.height / 2);
    }
    g.textAlign = "left";
    g.save();
    g.beginPath();
    g.rect(this.left, 0, this.width - this.left, this.height);
    g.clip();
    this.drawCommands(g, TIU);
    this.drawCommands(g, GDMA);
    if (this.hovered !== undefined) this.drawWait(g, this.hovered);
    g.restore();
  }

  drawAxis(g) {
    g.strokeStyle = theme("--line");
    g.fillStyle = theme("--soft");
    g.textAlign = "center";
    for (const t of ticksOf(this.view.from, this.view.to, Math.max(2, this.width / 110))) {
      const x = this.x(t);
      g.fillRect(x, 16, 1, 5);
      g.fillText(format.time(t, this.model.chip), Math.min(Math.max(x, this.left + 24), this.width - 28), 8);
    }
  }

  // Commands narrower than a pixel join the one before them, so that a frame costs pixels and not commands.
  drawCommands(g, engine) {
    const { model, view } = this, list = model.byEngine[engine], picked = this.selection.layer;
    const drawnTo = [0, 0, 0, 0];
    for (let k = model.firstAfter(engine, view.from); k < list.length; ++k) {
      const i = list[k];
      if (model.start[i] > view.to) break;
      const d = model.direction[i], track = TRACKS[d];
      const x0 = Math.max(this.left, this.x(model.start[i])), x1 = Math.min(this.width, this.x(model.end[i]));
      if (x1 < drawnTo[d] + 0.5) continue;
      const width = Math.max(x1 - x0, 0.7), layer = model.layerOf[i];
      g.globalAlpha = picked === undefined || picked === layer ? 1 : 0.18;
      g.fillStyle = model.colourOf(i);
      g.fillRect(x0, track.top, width, track.height);
      drawnTo[d] = x1;
      if (width > 4) {
        g.fillStyle = theme("--back");
        g.fillRect(x1 - 0.7, track.top, 0.7, track.height);
      }
      if (width > 30) this.drawText(g, i, x0, width, track);
    }
    g.globalAlpha = 1;
  }

  drawText(g, i, x, width, track) {
    const c = this.model.command(i);
    g.fillStyle = "#10141a";
    const owner = this.model.hasLayers ? c.layer.name : "";
    if (track.direction) return this.label(owner || c.name, x + 4, track.top + track.height / 2, width - 6);
    this.label(c.name, x + 4, track.top + 15, width - 6);
    this.label(owner, x + 4, track.top + 36, width - 6);
  }

  drawWait(g, i) {
    const track = TRACKS[this.model.direction[i]];
    g.strokeStyle = theme("--text");
    g.lineWidth = 1.5;
    const x0 = this.x(this.model.start[i]), x1 = this.x(this.model.end[i]);
    g.strokeRect(x0, track.top, Math.max(1, x1 - x0), track.height);
    const other = this.model.waitsFor(i);
    if (other === undefined) return;
    const from = TRACKS[this.model.direction[other]];
    g.strokeStyle = theme("--accent");
    g.beginPath();
    g.moveTo(this.x(this.model.end[other]), from.top + from.height / 2);
    g.lineTo(x0, track.top + track.height / 2);
    g.stroke();
    g.lineWidth = 1;
  }

  // The command at a place, or undefined.
  commandAt(x, y) {
    const track = TRACKS.find((t) => y >= t.top && y < t.top + t.height);
    if (!track || x < this.left) return undefined;
    const engine = track.direction ? GDMA : TIU, list = this.model.byEngine[engine];
    const slack = (this.view.to - this.view.from) / this.width, time = this.time(x);
    for (let k = this.model.firstAfter(engine, time - slack); k < list.length; ++k) {
      const i = list[k];
      if (this.model.start[i] > time + slack) return undefined;
      if (this.model.direction[i] === track.direction) return i;
    }
    return undefined;
  }

  hover(e) {
    const i = this.commandAt(e.offsetX, e.offsetY);
    if (i !== this.hovered) { this.hovered = i; this.view.changed(); }
    if (i === undefined) tooltip.hide();
    else tooltip.show(e.clientX, e.clientY, ...commandTooltip(this.model, i));
  }

  click(e) {
    const i = this.commandAt(e.offsetX, e.offsetY);
    this.selection.pick(i === undefined ? undefined : this.model.layerOf[i]);
  }
}

// The whole run in one strip: how busy each engine is, and the window that the other canvases show.
class OverviewStrip extends TimeCanvas {
  constructor(model, view) {
    super("overview-strip", view, 84);
    this.model = model;
    this.bins = this.count(600);
  }

  x(time) { return this.left + (time / this.view.cycles) * (this.width - this.left); }
  time(x) { return ((x - this.left) / (this.width - this.left)) * this.view.cycles; }

  count(bins) {
    const { model } = this, busy = [new Float64Array(bins), new Float64Array(bins)], width = model.cycles / bins;
    for (let i = 0; i < model.count; ++i)
      for (let b = Math.floor(model.start[i] / width); b < bins && b * width < model.end[i]; ++b)
        busy[model.engine[i]][b] += Math.min(model.end[i], (b + 1) * width) - Math.max(model.start[i], b * width);
    return busy.map((list) => list.map((cycles) => cycles / width));
  }

  draw(g) {
    const half = this.height / 2, step = (this.width - this.left) / this.bins[0].length;
    g.fillStyle = theme("--idle");
    g.fillRect(this.left, 0, this.width - this.left, this.height);
    [theme("--result"), theme("--loaded")].forEach((colour, engine) => {
      g.fillStyle = colour;
      this.bins[engine].forEach((part, b) => {
        const height = part * (half - 1);
        g.fillRect(this.left + b * step, engine ? half + 1 : half - height, step + 0.3, height);
      });
    });
    g.fillStyle = theme("--soft");
    g.textAlign = "right";
    g.fillText("TIU", this.left - 8, half / 2);
    g.fillText("GDMA", this.left - 8, half * 1.5);
    g.textAlign = "left";
    const a = this.x(this.view.from), b = this.x(this.view.to);
    g.fillStyle = theme("--back");
    g.globalAlpha = 0.6;
    g.fillRect(this.left, 0, a - this.left, this.height);
    g.fillRect(b, 0, this.width - b, this.height);
    g.globalAlpha = 1;
    g.strokeStyle = theme("--accent");
    g.strokeRect(a + 0.5, 0.5, Math.max(2, b - a - 1), this.height - 1);
  }

  // Here a drag moves the window itself, and a press outside of it brings it there.
  moved(e) {
    if (!this.drag) return;
    this.drag.moved = true;
    this.centre(e);
  }
  click(e) { this.centre(e); }
  centre(e) {
    const half = (this.view.to - this.view.from) / 2, at = this.time(e.offsetX);
    const from = Math.min(Math.max(0, at - half), this.view.cycles - 2 * half);
    this.view.set(from, from + 2 * half);
  }
}
