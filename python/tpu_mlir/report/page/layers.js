// The table of layers: sortable, with bars behind the figures that matter, and totals below.
"use strict";

const sum = (layers, value) => layers.reduce((all, l) => all + value(l), 0);

// title, value of a layer, text, and (optionally) the value that fills the bar and the total's text.
const COLUMNS = [
  { key: "index", title: "#", value: (l) => l.index + 1, text: (v) => v, hint: "order in the network" },
  { key: "name", title: "layer", value: (l) => l.name, text: (v) => v, word: true },
  { key: "op", title: "op", value: (l) => l.op, text: (v) => v, word: true },
  { key: "group", title: "group", value: (l) => l.group, text: (v) => (v < 0 ? "–" : v) },
  { key: "time", title: "cycles", value: (l) => l.time, text: format.cycles, bar: true, total: true,
    hint: "TIU time and copies that nothing hides; over all layers this is the run's time but for idle moments" },
  { key: "share", title: "share", value: (l) => l.time, text: (v, m) => format.percent(v / m.cycles), total: true },
  { key: "tiu", title: "TIU", value: (l) => l.tiu, text: format.cycles, total: true, hint: "TIU busy, cycles" },
  { key: "gdma", title: "GDMA", value: (l) => l.gdma, text: format.cycles, total: true, hint: "GDMA busy, cycles" },
  { key: "exposed", title: "exposed", value: (l) => l.exposed, text: format.cycles, bar: true, total: true,
    hint: "cycles of copies while the TIU waits" },
  { key: "macs", title: "MACs", value: (l) => l.macs, text: format.short, total: true },
  { key: "use", title: "array use", value: (l) => l.arrayUse, text: (v) => (v ? format.percent(v) : "–"), fill: (l) => l.arrayUse,
    hint: "share of the layer's TIU time that its convolution MACs would take at the array's peak" },
  { key: "read", title: "DDR read", value: (l) => l.read, text: format.bytes, total: true },
  { key: "write", title: "DDR write", value: (l) => l.write, text: format.bytes, total: true },
  { key: "intensity", title: "MACs/byte", value: (l) => (l.macs ? l.intensity : -1),
    text: (v) => (v < 0 ? "–" : Number.isFinite(v) ? v.toFixed(1) : "∞") },
  { key: "commands", title: "commands", value: (l) => l.commands, text: format.count, total: true },
];

class LayerTable {
  constructor(model, selection) {
    this.model = model;
    this.selection = selection;
    this.sorted = { key: "", down: false };
    this.most = Object.fromEntries(COLUMNS.filter((c) => c.bar)
      .map((c) => [c.key, Math.max(1e-9, ...model.layers.map(c.value))]));
    this.rows = model.layers.map((l) => this.row(l));
    const head = byId("layer-table").tHead, foot = byId("layer-table").tFoot;
    head.append(element("tr", {}, ...COLUMNS.map((c) => element("th",
      { "data-key": c.key, title: c.hint || "", class: c.word ? "word" : "", onclick: () => this.sort(c.key) }, c.title))));
    foot.append(element("tr", {}, ...COLUMNS.map((c) => element("td", { "data-key": c.key, class: c.word ? "word" : "" },
      c.total ? String(c.text(sum(model.layers, c.value), model)) : c.key === "name" ? "all" : ""))));
    byId("layer-filter").addEventListener("input", () => this.show());
    selection.listeners.push(() => this.mark());
    this.sort("index");
  }

  row(layer) {
    return element("tr", { "data-layer": layer.index, onclick: () => this.selection.show(layer.index) },
      ...COLUMNS.map((c) => {
        const value = c.value(layer), part = c.bar ? value / this.most[c.key] : c.fill ? c.fill(layer) : 0;
        const cell = element("td", { class: (c.word ? "word" : "") + (part ? " meter" : "") }, String(c.text(value, this.model)));
        if (part) cell.style.setProperty("--part", `${100 * part}%`);
        if (c.key === "name") {
          cell.title = layer.name;
          cell.prepend(element("i", { class: "swatch", style: `background:${layerColour(layer.index)}` }));
        }
        return cell;
      }));
  }

  sort(key) {
    const column = COLUMNS.find((c) => c.key === key), again = this.sorted.key === key;
    // Figures are wanted largest first, words and order from the start.
    this.sorted = { key, down: again ? !this.sorted.down : !column.word && key !== "index" };
    const sign = this.sorted.down ? -1 : 1, layers = this.model.layers;
    this.order = layers.map((l) => l.index).sort((i, j) => {
      const a = column.value(layers[i]), b = column.value(layers[j]);
      return a < b ? -sign : a > b ? sign : i - j;
    });
    for (const th of byId("layer-table").tHead.rows[0].cells)
      if (th.dataset.key === key) th.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    this.show();
  }

  show() {
    const wanted = byId("layer-filter").value.trim().toLowerCase(), { layers } = this.model;
    const shown = this.order.filter((i) => `${layers[i].name} ${layers[i].op}`.toLowerCase().includes(wanted));
    byId("layer-table").tBodies[0].replaceChildren(...shown.map((i) => this.rows[i]));
    byId("layer-count").textContent = `${shown.length} of ${layers.length} layers`;
  }

  mark() {
    this.rows.forEach((row, i) => row.classList.toggle("picked", i === this.selection.layer));
  }
}
