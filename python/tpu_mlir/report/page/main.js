// Puts the parts together: tabs, the picked layer that all parts share, the theme.
"use strict";

const TABS = [
  ["overview", "Overview"], ["timeline", "Timeline & memory"], ["layers", "Layers"], ["groups", "Groups"],
  ["roofline", "Roofline"],
];

function showTab(name) {
  for (const [tab] of TABS) {
    byId(`tab-${tab}`).classList.toggle("shown", tab === name);
    byId("tabs").querySelector(`[data-tab="${tab}"]`).setAttribute("aria-selected", String(tab === name));
  }
  tooltip.hide();
}

// The layer that is picked, and who wants to know.
class Selection {
  constructor(model, view) {
    this.model = model;
    this.view = view;
    this.layer = undefined;
    this.listeners = [];
  }

  pick(layer) {
    this.layer = layer === this.layer ? undefined : layer;
    byId("selection").textContent = this.layer === undefined ? "" : `${this.model.layers[this.layer].name}  ✕`;
    for (const tell of this.listeners) tell();
    this.view.changed();
  }

  // Picks a layer and goes to where it runs.
  show(layer) {
    if (this.layer !== layer) this.pick(layer);
    const { from, to } = this.model.layers[layer], margin = Math.max(50, 0.08 * (to - from));
    showTab("timeline");
    this.view.set(from - margin, to + margin);
  }
}

function start() {
  const saved = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  setTheme(saved);
  const model = new Model(JSON.parse(byId("profile").textContent));
  const view = new TimeView(model.cycles), selection = new Selection(model, view);
  headline(model);
  for (const [tab, title] of TABS)
    byId("tabs").append(element("button", { role: "tab", "data-tab": tab, onclick: () => showTab(tab) }, title));
  const strip = new OverviewStrip(model, view), engines = new EngineTimeline(model, view, selection);
  const memory = new MemoryMap(model, view, selection), table = new LayerTable(model, selection);
  const roofline = new Roofline(model, selection);
  drawOverview(model, selection);
  drawGroups(model, selection);
  for (const content of ["weights", "loaded", "result", "scratch"])
    byId("legend").append(element("span", {}, element("i", { style: `background:var(--${content})` }), content));
  for (const button of document.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", () => view.zoom(Number(button.dataset.zoom)));
  byId("memory-colour").addEventListener("change", (e) => { memory.colourBy = e.target.value; view.changed(); });
  byId("selection").addEventListener("click", () => selection.pick(undefined));
  byId("theme").addEventListener("click", () => {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    view.changed();
  });
  showTab("overview");
  // For the console, and for tests.
  window.report = { model, view, selection, strip, engines, memory, table, roofline };
}

start();
