// The roofline: what a layer computes per cycle over what it computes per byte of DDR traffic, both logarithmic.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

class Roofline {
  constructor(model, selection) {
    this.model = model;
    this.selection = selection;
    this.peak = model.chip.macs_per_cycle["8"];
    this.bandwidth = model.chip.ddr_read_bytes_per_cycle;
    new ResizeObserver(() => this.draw()).observe(byId("roofline"));
    selection.listeners.push(() => this.mark());
  }

  draw() {
    const box = byId("roofline"), width = box.clientWidth, height = box.clientHeight;
    if (!width || !height) return;
    const { model } = this, dots = model.layers.filter((l) => l.macs > 0);
    const finite = dots.filter((l) => l.ddr > 0).map((l) => l.intensity);
    const least = Math.floor(Math.log10(Math.min(1, ...finite))), most = Math.ceil(Math.log10(Math.max(1e4, ...finite)));
    const low = Math.floor(Math.log10(Math.max(1, Math.min(...dots.map((l) => l.rate), this.peak / 100))));
    const high = Math.log10(this.peak * 1.6), left = 70, right = 130, top = 12, bottom = 44;
    this.x = (v) => left + ((Math.log10(v) - least) / (most - least)) * (width - left - right);
    this.y = (v) => height - bottom - ((Math.log10(v) - low) / (high - low)) * (height - top - bottom);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}` });
    this.axes(root, { least, most, low, width, height, right, bottom });
    const roofLabels = this.roof(root, Math.max(10 ** least, 10 ** low / this.bandwidth), 10 ** most);
    const outside = width - right / 2;
    this.nodes = new Map();
    for (const l of [...dots].sort((a, b) => b.time - a.time)) {
      const radius = Math.max(3.5, Math.min(28, 90 * Math.sqrt(l.time / model.cycles)));
      const dot = svg("circle", {
        class: "dot", "data-layer": l.index, cx: l.ddr ? this.x(l.intensity) : outside, cy: this.y(Math.max(l.rate, 10 ** low)),
        r: radius, fill: layerColour(l.index), "fill-opacity": 0.8,
      });
      dot.addEventListener("pointermove", (e) => tooltip.show(e.clientX, e.clientY, ...layerTooltip(model, l)));
      dot.addEventListener("pointerleave", () => tooltip.hide());
      dot.addEventListener("click", () => this.selection.show(l.index));
      this.nodes.set(l.index, dot);
      root.append(dot);
    }
    // Labels come last, so that no dot covers them.
    root.append(...roofLabels);
    this.network(root);
    box.replaceChildren(root);
    this.mark();
  }

  axes(root, { least, most, low, width, height, right, bottom }) {
    const line = (x1, y1, x2, y2) => root.append(svg("line", { x1, y1, x2, y2, stroke: "var(--line)" }));
    const text = (x, y, words, anchor = "middle") =>
      root.append(svg("text", { x, y, "text-anchor": anchor }, words));
    for (let e = least; e <= most; ++e) {
      line(this.x(10 ** e), 12, this.x(10 ** e), height - bottom);
      text(this.x(10 ** e), height - bottom + 16, e < 0 ? String(10 ** e) : format.count(10 ** e));
    }
    for (let e = low; 10 ** e <= this.peak; ++e) {
      line(70, this.y(10 ** e), width - right, this.y(10 ** e));
      text(62, this.y(10 ** e) + 4, format.count(10 ** e), "end");
    }
    text((width - right + 70) / 2, height - 8, "MACs per byte of DDR traffic");
    root.append(svg("text", { transform: `translate(14 ${height / 2}) rotate(-90)`, "text-anchor": "middle" },
      "MACs per cycle while busy"));
    line(width - right + 20, 12, width - right + 20, height - bottom);
    text(width - right / 2 + 8, height - bottom + 16, "no DDR traffic");
  }

  // Draws the roof and returns what is written along it.
  roof(root, from, to) {
    const { peak, bandwidth } = this, ridge = peak / bandwidth;
    root.append(svg("polyline", {
      points: `${this.x(from)},${this.y(from * bandwidth)} ${this.x(ridge)},${this.y(peak)} `
        + `${this.x(to)},${this.y(peak)}`,
      fill: "none", stroke: "var(--warn)", "stroke-width": 2,
    }));
    return [
      svg("text", { x: this.x(to) - 4, y: this.y(peak) - 6, "text-anchor": "end" },
        `int8 peak: ${format.count(peak)} MACs a cycle`),
      svg("text", { x: this.x(ridge) - 8, y: this.y(peak) + 4, "text-anchor": "end" },
        `DDR ${bandwidth.toFixed(1)} bytes a cycle`),
    ];
  }

  network(root) {
    const s = this.model.summary, rate = s.macs.total / s.cycles;
    if (!s.macs.total || !s.ddr.total_bytes) return;
    const x = this.x(s.roofline.macs_per_byte), y = this.y(Math.max(rate, 1));
    root.append(svg("path", {
      d: `M${x - 9} ${y} L${x} ${y - 9} L${x + 9} ${y} L${x} ${y + 9} Z`, fill: "var(--text)", stroke: "var(--back)",
    }));
    root.append(svg("text", { x: x + 13, y: y + 4, style: "fill:var(--text);font-weight:600" }, "whole network"));
  }

  mark() {
    for (const [index, dot] of this.nodes || []) dot.classList.toggle("picked", index === this.selection.layer);
  }
}
