// Groups of layers that hand their values over in local memory, in the order in which they run.
"use strict";

function opChip(model, index, group, selection) {
  const layer = model.layers[index], stored = group.stored.includes(index);
  return element("span", {
    class: `op${stored ? " stored" : ""}`, style: `border-left-color:${layerColour(index)}`, "data-layer": index,
    title: `${layer.name}${stored ? ": its result goes to DDR" : ""}`, onclick: () => selection.show(index),
  }, layer.name, " ", element("small", {}, layer.op));
}

function drawGroups(model, selection) {
  const groups = model.groups, alone = groups.filter((g) => g.layers.length === 1).length;
  byId("groups-lead").textContent = groups.length
    ? `${groups.length} ${groups.length === 1 ? "group" : "groups"}; ${alone} of them a single layer. ${
      model.profile.groups_by_compiler
        ? "These are the groups that the compiler chose: their ops run slice by slice, and values stay in local memory."
        : "Layers are in one group where one reads in local memory what the other computed; the compiler's own groups are"
          + " shown where its --dump-groups file was given."} A double line marks a result that also goes to DDR.`
    : "The bmodel has no table of layers, so there are no groups to show.";
  groups.forEach((group, number) => {
    const layers = group.layers.map((l) => model.layers[l]);
    const time = sum(layers, (l) => l.time), read = sum(layers, (l) => l.read), write = sum(layers, (l) => l.write);
    const fact = (name, value) => element("span", {}, `${name} `, element("b", {}, value));
    const box = element("div", { class: `group${layers.length > 1 ? " several" : ""}`, "data-group": number },
      element("div", { class: "facts" }, fact("group", number), fact("layers", layers.length),
        fact("slices", group.slices), fact("cycles", `${format.cycles(time)} (${format.percent(time / model.cycles)})`),
        fact("exposed copies", format.cycles(sum(layers, (l) => l.exposed))),
        fact("DDR", `${format.bytes(read)} in, ${format.bytes(write)} out`),
        fact("handed on in local memory", format.bytes(group.handed))),
      element("div", { class: "ops" }, ...group.layers.map((l) => opChip(model, l, group, selection))));
    if (group.reason) box.append(element("div", { class: "reason" }, `alone: ${group.reason}`));
    byId("groups").append(box);
  });
}
