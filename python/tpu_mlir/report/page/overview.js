// The first page: the summary's figures, where the time goes, and which layers to look at first.
"use strict";

// A figure of the summary: what is shown, and the number itself for whoever reads the page by machine.
function figure(path, summary, text) {
  const value = path.split(".").reduce((at, key) => at[key], summary);
  return element("span", { "data-figure": path, "data-value": String(value) }, text(value));
}

function headline(model) {
  const s = model.summary;
  byId("net").textContent = model.profile.net;
  byId("chip").textContent = model.chip.name;
  byId("chip").title = `${model.chip.clock_mhz} MHz`;
  byId("net").title = model.profile.net;
  const item = (path, text, label) => element("span", {}, element("b", {}, figure(path, s, text)), ` ${label}`);
  byId("headline").append(
    item("milliseconds", (v) => `${v.toFixed(3)} ms`, ""), item("cycles", format.cycles, "cycles"),
    item("tiu.utilisation", format.percent, "TIU busy"), item("gdma.utilisation", format.percent, "GDMA busy"),
    item("roofline.ratio", (v) => `${v.toFixed(3)} ×`, "roofline"),
    item("ddr.ratio", (v) => `${v.toFixed(3)} ×`, "least DDR"));
}

function definitions(rows) {
  return element("dl", {}, ...rows.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]));
}

function splitBar(parts, total) {
  const bar = element("div", { class: "split" }), names = element("div", { class: "parts" });
  for (const [name, cycles, colour] of parts) {
    bar.append(element("span", { style: `flex:${cycles / total} 0 0;background:${colour}`, title: name }));
    names.append(element("span", {}, element("i", { class: "swatch", style: `background:${colour}` }),
      `${name} ${format.percent(cycles / total)}`));
  }
  return [bar, names];
}

// The layers with the largest `value`; a click shows the layer in the timeline.
function ranked(model, title, note, value, text, selection) {
  const top = [...model.layers].sort((a, b) => value(b) - value(a)).slice(0, 40).filter((l) => value(l) > 0);
  const most = top.length ? value(top[0]) : 1;
  const rows = top.map((l) => element("tr", { onclick: () => selection.show(l.index), "data-layer": l.index },
    element("td", { class: "meter", style: `--part:${(100 * value(l)) / most}%`, title: l.name },
      element("i", { class: "swatch", style: `background:${layerColour(l.index)}` }), l.name),
    element("td", {}, text(l))));
  return element("div", { class: "card" }, element("h2", {}, title),
    element("div", { class: "list" }, element("table", { class: "ranked" }, ...rows)), element("p", {}, top.length ? note : "None."));
}

// What the host runs between parts of the stream; its time is estimated and in none of the figures.
function hostCards(model) {
  if (!model.profile.host.length) return [];
  const rows = model.profile.host.map((h) => element("tr", { "data-host": h.name, title: h.reason },
    element("td", {}, `${h.op} ${h.name}: ${h.reason}`),
    element("td", {}, `${format.bytes(h.bytes_in)} in, ${format.bytes(h.bytes_out)} out, ` +
      `about ${(h.seconds * 1e3).toFixed(3)} ms`)));
  return [element("div", { class: "card" }, element("h2", {}, "On the host"),
    element("div", { class: "list" }, element("table", { class: "ranked" }, ...rows)),
    element("p", {}, "Estimated, and in none of the other figures. The vendor's runtime cannot run this file: its CPU " +
      "layers are tpu-mlir's own."))];
}

function drawOverview(model, selection) {
  const s = model.summary, split = model.split;
  const show = (path, text) => figure(path, s, text);
  const engines = element("div", { class: "card" }, element("h2", {}, "Where the time goes"),
    ...splitBar([
      ["both engines", split.both, theme("--result")], ["TIU alone", split.onlyTiu, "#7fbf95"],
      ["GDMA alone", split.onlyGdma, theme("--loaded")], ["neither", split.idle, theme("--scratch")]], model.cycles),
    definitions([
      ["TIU", element("span", {}, show("tiu.commands", format.count), " commands, ",
        show("tiu.busy_cycles", format.cycles), " cycles")],
      ["GDMA", element("span", {}, show("gdma.commands", format.count), " commands, ",
        show("gdma.busy_cycles", format.cycles), " cycles")],
      ["array at its peak", element("span", {}, show("mac_array.cycles_at_peak", format.cycles), " cycles (",
        show("mac_array.utilisation", format.percent), ")")]]));
  const bound = element("div", { class: "card" }, element("h2", {}, "Against the roofline"),
    definitions([
      ["TIU work, packed", element("span", {}, show("roofline.packed_tiu_cycles", format.cycles), " cycles")],
      ["least DDR traffic", element("span", {}, show("roofline.ddr_cycles", format.cycles), " cycles")],
      ["roofline, bound by", show("roofline.bound_by", (v) => (v === "tiu" ? "TIU" : "DDR"))],
      ["taken", element("span", {}, show("roofline.ratio", (v) => v.toFixed(3)), " × roofline")],
      ["MACs per DDR byte", show("roofline.macs_per_byte", (v) => v.toFixed(1))]]),
    element("p", {}, "The larger of the two is what this stream's work needs at least, however it is ordered."));
  const traffic = element("div", { class: "card" }, element("h2", {}, "DDR traffic"),
    definitions([
      ["read", show("ddr.read_bytes", format.bytes)], ["written", show("ddr.write_bytes", format.bytes)],
      ["weights once", show("ddr.weight_bytes", format.bytes)],
      ["inputs, outputs", element("span", {}, show("ddr.input_bytes", format.bytes), ", ",
        show("ddr.output_bytes", format.bytes))],
      ["moved", element("span", {}, show("ddr.ratio", (v) => v.toFixed(3)), " × the least")]]),
    element("p", {}, "The least is: weights once, inputs and outputs, at the types they have in the file."));
  const work = element("div", { class: "card" }, element("h2", {}, "Work, and a whole inference"),
    definitions([
      ["MACs", show("macs.total", format.short)],
      ["convolution", show("macs.convolution", format.short)],
      ["depth-wise", show("macs.depthwise", format.short)], ["matrix", show("macs.matrix", format.short)],
      ["launch, stream", element("span", {}, show("inference.launch_ms", (v) => v.toFixed(3)), " + ",
        show("inference.stream_ms", (v) => v.toFixed(3)), " ms")],
      ["inputs, outputs", element("span", {}, show("inference.inputs_ms", (v) => v.toFixed(3)), " + ",
        show("inference.outputs_ms", (v) => v.toFixed(3)), " ms")],
      ["whole inference", element("span", {}, show("inference.total_ms", (v) => v.toFixed(3)), " ms")]]));
  byId("tab-overview").append(element("div", { class: "cards" }, engines, bound, traffic, work, ...hostCards(model),
    ranked(model, "Layers that take the most time", "TIU time, and copies that nothing hides.",
      (l) => l.time, (l) => format.percent(l.time / model.cycles), selection),
    ranked(model, "Copies that nothing hides", "GDMA runs and TIU waits: load earlier, keep values in local memory, or slice less.",
      (l) => l.exposed, (l) => format.percent(l.exposed / model.cycles), selection),
    ranked(model, "Time in which the MAC array idles", "TIU time beyond what the layer's MACs need at the array's peak.",
      (l) => l.tiu - l.atPeak, (l) => format.percent((l.tiu - l.atPeak) / model.cycles), selection),
    ranked(model, "DDR bytes", "Weights are needed once; the rest are values that left local memory.",
      (l) => l.ddr, (l) => format.bytes(l.ddr), selection)));
}
