// Numbers and colours as people read them, small DOM helpers, and the tooltip.
"use strict";

const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const format = {
  count: (n) => plain.format(n),
  cycles: (n) => plain.format(n),
  percent: (part) => `${(100 * part).toFixed(1)} %`,
  ratio: (r) => (Number.isFinite(r) ? r.toFixed(r < 10 ? 3 : 1) : "–"),
  short: (n) => {
    for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]])
      if (Math.abs(n) >= size) return `${(n / size).toPrecision(3)} ${unit}`;
    return plain.format(n);
  },
  bytes: (n) => {
    for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 1024]])
      if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`;
    return `${plain.format(n)} B`;
  },
  hex: (n) => `0x${n.toString(16)}`,
  time: (cycles, chip) => {
    const us = cycles / chip.clock_mhz;
    return us >= 1000 ? `${(us / 1000).toFixed(3)} ms` : `${us.toFixed(us < 10 ? 2 : 1)} µs`;
  },
};

// The golden angle keeps neighbouring layers apart.
const hueOf = (index) => (index * 137.508) % 360;
const themeCache = new Map();
const layerColours = [];

function layerColour(index) {
  return (layerColours[index] ||= `hsl(${hueOf(index).toFixed(1)} ${theme("--layer-sat")} ${theme("--layer-light")})`);
}

function theme(variable) {
  if (!themeCache.has(variable))
    themeCache.set(variable, getComputedStyle(document.documentElement).getPropertyValue(variable).trim());
  return themeCache.get(variable);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  themeCache.clear();
  layerColours.length = 0;
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") node.style.cssText = value;
    else node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const byId = (id) => document.getElementById(id);

const tooltip = {
  show(x, y, ...children) {
    const box = byId("tooltip");
    box.replaceChildren(...children);
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
    box.style.top = `${y + 14 + height > innerHeight ? Math.max(4, y - height - 10) : y + 14}px`;
  },
  hide() {
    byId("tooltip").hidden = true;
  },
  rows(pairs) {
    return element("table", {}, ...pairs.map(([key, value]) =>
      element("tr", {}, element("td", {}, key), element("td", {}, value))));
  },
};

function commandTooltip(model, i) {
  const c = model.command(i);
  const rows = [
    ["layer", c.layer.name + (c.layer.op ? ` (${c.layer.op})` : "")],
    ["cycles", `${format.cycles(c.start)} – ${format.cycles(c.end)}, takes ${format.cycles(c.end - c.start)}`
      + ` (${format.time(c.end - c.start, model.chip)})`],
  ];
  if (c.dep) rows.push(["waits for", `${c.engine === "TIU" ? "GDMA" : "TIU"} ${c.dep}`]);
  if (c.macs) rows.push(["MACs", `${format.count(c.macs)}, ${format.count(c.macs / (c.end - c.start))} a cycle`]);
  if (c.ddrBytes)
    rows.push(["DDR", `${format.bytes(c.ddrBytes)}, ${(c.ddrBytes / (c.end - c.start)).toFixed(1)} bytes a cycle`]);
  for (const a of model.accesses(i))
    rows.push([`${a.operand} ${a.writes ? "writes" : "reads"}`, a.isLocal
      ? `lanes ${a.laneBegin}–${a.laneEnd - 1}, ${format.hex(a.begin)} + ${format.bytes(a.span)}`
      : `DDR ${format.hex(a.begin)}, ${format.bytes(a.bytes)}`]);
  const title = `${c.engine} ${c.id} ${c.name}` + (c.engine === "GDMA" ? ` (${c.direction})` : "");
  return [element("b", {}, title), tooltip.rows(rows), element("code", {}, c.text)];
}

function layerTooltip(model, layer) {
  return [element("b", {}, layer.name), tooltip.rows([
    ["op", layer.op || "–"],
    ["time", `${format.cycles(layer.time)} cycles (${format.percent(layer.time / model.cycles)}),`
      + ` ${format.cycles(layer.exposed)} of them copies that nothing hides`],
    ["TIU, GDMA busy", `${format.cycles(layer.tiu)}, ${format.cycles(layer.gdma)} cycles`],
    ["MACs", `${format.short(layer.macs)}, array used ${format.percent(layer.arrayUse)} of the TIU's time`],
    ["DDR", `${format.bytes(layer.read)} read, ${format.bytes(layer.write)} written`],
  ])];
}
