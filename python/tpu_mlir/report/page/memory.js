// The map of local memory: addresses of a lane upwards, time to the right, banks ruled.
"use strict";

class MemoryMap extends TimeCanvas {
  constructor(model, view, selection) {
    super("memory", view, 84);
    this.model = model;
    this.selection = selection;
    this.colourBy = "content";
    // Longest first: what lies there for hundreds of cycles must not hide what comes and goes.
    const b = model.blocks;
    this.order = Array.from({ length: b.count }, (_, i) => i).sort((i, j) => b.to[j] - b.from[j] - (b.to[i] - b.from[i]));
  }

  get bottom() { return this.height - 4; }
  y(offset) { return this.bottom - (offset / this.model.chip.lane_bytes) * (this.bottom - 4); }
  offset(y) { return ((this.bottom - y) / (this.bottom - 4)) * this.model.chip.lane_bytes; }

  draw(g) {
    g.fillStyle = theme("--idle");
    g.fillRect(this.left, 4, this.width - this.left, this.bottom - 4);
    this.drawBanks(g);
    this.drawBlocks(g);
    if (this.hovered !== undefined) {
      const b = this.model.blocks, i = this.hovered, x = Math.max(this.left, this.x(b.from[i]));
      g.strokeStyle = theme("--text");
      g.lineWidth = 1.5;
      g.strokeRect(x, this.y(b.end[i]), Math.max(1, this.x(b.to[i]) - x), this.y(b.begin[i]) - this.y(b.end[i]));
      g.lineWidth = 1;
    }
  }

  drawBanks(g) {
    const { banks, lane_bytes: bytes } = this.model.chip;
    g.clearRect(0, 0, this.left - 1, this.height);
    g.fillStyle = theme("--soft");
    g.textAlign = "right";
    for (let bank = 0; bank <= banks; ++bank) {
      const y = this.y((bank * bytes) / banks);
      g.globalAlpha = 0.55;
      g.fillStyle = theme("--soft");
      g.fillRect(this.left, y - 0.25, this.width - this.left, 0.5);
      g.globalAlpha = 1;
      g.fillStyle = theme("--soft");
      if (bank % 4 === 0 && bank < banks) g.fillText(format.bytes((bank * bytes) / banks), this.left - 6, y - 5);
      if (bank < banks && this.bottom / banks > 11) {
        g.globalAlpha = 0.65;
        g.textAlign = "left";
        g.fillText(bank === banks - 1 ? `bank ${bank}` : `${bank}`, 2, this.y(((bank + 0.5) * bytes) / banks));
        g.textAlign = "right";
        g.globalAlpha = 1;
      }
    }
    g.textAlign = "left";
  }

  drawBlocks(g) {
    const b = this.model.blocks, { from, to } = this.view, picked = this.selection.layer;
    const lanes = this.model.chip.lanes, labels = [];
    const colours = Object.fromEntries(["weights", "loaded", "result", "scratch"].map((c) => [c, theme(`--${c}`)]));
    // Where boxes are a few pixels, one of them stands for all that lie there.
    const taken = new Uint8Array(Math.ceil(this.width + 2) * Math.ceil(this.height + 1));
    for (const i of this.order) {
      if (b.to[i] < from || b.from[i] > to) continue;
      const x0 = Math.max(this.left, this.x(b.from[i])), x1 = Math.min(this.width, this.x(b.to[i]));
      const y0 = this.y(b.end[i]), height = Math.max(0.7, this.y(b.begin[i]) - y0), width = Math.max(0.5, x1 - x0);
      if ((width < 1 || width * height < 8) && this.isTaken(taken, x0, y0, width, height)) continue;
      // Fewer lanes, paler.
      const part = (b.laneEnd[i] - b.laneBegin[i]) / lanes;
      g.globalAlpha = (picked === undefined || picked === b.layer[i] ? 1 : 0.15) * (0.5 + 0.5 * part);
      g.fillStyle = this.colourBy === "layer" ? layerColour(b.layer[i]) : colours[b.content[i]];
      // A gap where there is room: cheaper than an outline.
      const gap = width > 3 && height > 3 ? 0.7 : 0;
      g.fillRect(x0, y0, width - gap, height - gap);
      if (width > 36 && height > 11) labels.push([i, x0 + 4, y0 + Math.min(height / 2, 9), width - 6]);
    }
    g.globalAlpha = 1;
    g.fillStyle = "#10141a";
    for (const [i, x, y, width] of labels) this.label(this.nameOf(i), x, y, width);
  }

  isTaken(taken, x, y, width, height) {
    const rows = Math.ceil(this.height + 1);
    if (taken[Math.floor(x + width / 2) * rows + Math.floor(y + height / 2)]) return true;
    for (let column = Math.floor(x); column < x + width; ++column)
      taken.fill(1, column * rows + Math.floor(y), column * rows + Math.ceil(y + height));
    return false;
  }

  nameOf(i) {
    const b = this.model.blocks;
    if (b.name[i] || !this.model.hasLayers) return b.name[i] || (b.content[i] === "scratch" ? "computed" : b.content[i]);
    return `${b.content[i]} of ${this.model.layers[b.layer[i]].name}`;
  }

  blockAt(x, y) {
    if (x < this.left) return undefined;
    const b = this.model.blocks, time = this.time(x), offset = this.offset(y);
    const slack = (this.view.to - this.view.from) / this.width;
    // The one that is drawn last is on top.
    for (let k = this.order.length - 1; k >= 0; --k) {
      const i = this.order[k];
      if (b.from[i] <= time + slack && b.to[i] >= time - slack && b.begin[i] <= offset && b.end[i] > offset) return i;
    }
    return undefined;
  }

  hover(e) {
    const i = this.blockAt(e.offsetX, e.offsetY);
    if (i !== this.hovered) { this.hovered = i; this.view.changed(); }
    if (i === undefined) return tooltip.hide();
    const { model } = this, b = model.blocks, bank = model.chip.lane_bytes / model.chip.banks;
    const first = Math.floor(b.begin[i] / bank), last = Math.floor((b.end[i] - 1) / bank);
    const by = (index) => {
      const c = model.command(index);
      return `${c.engine} ${c.id} ${c.name}`;
    };
    tooltip.show(e.clientX, e.clientY, element("b", {}, this.nameOf(i)), tooltip.rows([
      ["holds", { weights: "weights", loaded: "a tensor loaded from DDR", result: "a tensor computed here",
        scratch: "an intermediate value" }[b.content[i]]],
      ["layer", model.layers[b.layer[i]].name],
      ["offsets", `${format.hex(b.begin[i])} – ${format.hex(b.end[i])}, ${format.bytes(b.end[i] - b.begin[i])} a lane`],
      ["banks, lanes", `${first}${last > first ? `–${last}` : ""}; lanes ${b.laneBegin[i]}–${b.laneEnd[i] - 1}`],
      ["cycles", `${format.cycles(b.from[i])} – ${format.cycles(b.to[i])} (${format.time(b.to[i] - b.from[i], model.chip)})`],
      ["written by", by(b.writer[i])],
      ["read by", b.reads[i] ? `${b.reads[i]} commands, last used by ${by(b.lastUser[i])}` : "nobody"],
    ]));
  }

  click(e) {
    const i = this.blockAt(e.offsetX, e.offsetY);
    this.selection.pick(i === undefined ? undefined : this.model.blocks.layer[i]);
  }
}
