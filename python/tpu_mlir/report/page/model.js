// The profile as typed arrays, and what follows from it: who waits for whom, which copies no computation hides, and
// what each layer costs. Draws nothing.
"use strict";

const TIU = 0, GDMA = 1;

class Model {
  constructor(profile) {
    this.profile = profile;
    this.chip = profile.chip;
    this.summary = profile.summary;
    this.cycles = profile.summary.cycles;
    this.words = profile.words;
    const c = profile.commands;
    this.count = c.start.length;
    this.engine = Uint8Array.from(c.engine);
    this.start = Float64Array.from(c.start);
    this.end = Float64Array.from(c.end);
    this.layerOf = Uint32Array.from(c.layer);
    this.access = c.access;
    // Engines take their commands in order, so each list is sorted by start and by end.
    this.byEngine = [TIU, GDMA].map((engine) => {
      const list = [];
      for (let i = 0; i < this.count; ++i) if (this.engine[i] === engine) list.push(i);
      return Uint32Array.from(list);
    });
    this.ids = new Map();
    for (let i = 0; i < this.count; ++i) this.ids.set(this.key(c.group[i], this.engine[i], c.id[i]), i);
    this.direction = Uint8Array.from({ length: this.count }, (_, i) => this.directionOf(i));
    this.blocks = this.readBlocks(profile.local_blocks);
    this.layers = this.readLayers(profile.layers);
    this.hasLayers = profile.layers.length > 0;
    this.groups = profile.groups;
    this.groups.forEach((group, g) => group.layers.forEach((l) => { this.layers[l].group = g; }));
  }

  // By layer; where the stream names none, by what the command does.
  colourOf(i) {
    return layerColour(this.hasLayers ? this.layerOf[i] : this.profile.commands.name[i]);
  }

  key(group, engine, id) {
    return (group * 2 + engine) * 2097152 + id;
  }

  // The command of the other engine that a command waits for, or undefined.
  waitsFor(i) {
    const c = this.profile.commands;
    return c.dep[i] ? this.ids.get(this.key(c.group[i], 1 - this.engine[i], c.dep[i])) : undefined;
  }

  // 0 computes, 1 load, 2 store, 3 copy between like memories.
  directionOf(i) {
    if (this.engine[i] === TIU) return 0;
    let from = null, to = null;
    for (const a of this.accesses(i))
      if (a.writes) to = a.isLocal;
      else if (a.operand !== "index") from = a.isLocal;
    if (to === null) return 3;
    if (to && from !== true) return from === null ? 3 : 1;
    return !to && from ? 2 : 3;
  }

  *accesses(i) {
    const first = this.profile.commands.first_access, a = this.access;
    for (let k = first[i]; k < first[i + 1]; ++k)
      yield {
        operand: this.words[a.operand[k]], writes: a.writes[k] === 1, isLocal: a.lane_begin[k] >= 0,
        laneBegin: a.lane_begin[k], laneEnd: a.lane_end[k], begin: a.begin[k], bytes: a.bytes[k], span: a.span[k],
      };
  }

  command(i) {
    const c = this.profile.commands;
    return {
      engine: this.engine[i] === TIU ? "TIU" : "GDMA", group: c.group[i], id: c.id[i], dep: c.dep[i],
      name: this.words[c.name[i]], layer: this.layers[c.layer[i]], start: c.start[i], end: c.end[i],
      macs: c.macs[i], ddrBytes: c.ddr_bytes[i], text: c.text[i] || "",
      direction: ["compute", "load", "store", "copy"][this.direction[i]],
    };
  }

  // Index into byEngine[engine] of the first command that ends after `time`.
  firstAfter(engine, time) {
    const list = this.byEngine[engine];
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.end[list[middle]] > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  readBlocks(b) {
    return {
      count: b.from.length,
      from: Float64Array.from(b.from), to: Float64Array.from(b.to),
      begin: Uint32Array.from(b.begin), end: Uint32Array.from(b.end),
      laneBegin: Uint8Array.from(b.lane_begin), laneEnd: Uint8Array.from(b.lane_end),
      content: b.content.map((w) => this.words[w]), name: b.name.map((w) => this.words[w]),
      layer: Uint32Array.from(b.layer), writer: b.writer, lastUser: b.last_user, reads: b.reads,
    };
  }

  readLayers(rows) {
    const layers = rows.map((row, index) => ({
      index, name: row.name, op: row.op.replace(/^tpu\./, ""), group: -1,
      from: row.start_cycle, to: row.end_cycle, tiu: row.tiu_cycles, gdma: row.gdma_cycles,
      commands: row.tiu_commands + row.gdma_commands, macs: row.macs, atPeak: row.mac_array_cycles_at_peak,
      read: row.ddr_read_bytes, write: row.ddr_write_bytes, exposed: 0, time: 0,
    }));
    if (!layers.length) layers.push({
      index: 0, name: "(whole stream)", op: "", group: -1, from: 0, to: this.cycles, tiu: this.summary.tiu.busy_cycles,
      gdma: this.summary.gdma.busy_cycles, commands: this.count, macs: this.summary.macs.total,
      atPeak: this.summary.mac_array.cycles_at_peak, read: this.summary.ddr.read_bytes,
      write: this.summary.ddr.write_bytes, exposed: 0, time: 0,
    });
    this.split = this.splitTime(layers);
    for (const layer of layers) {
      layer.ddr = layer.read + layer.write;
      layer.time = layer.tiu + layer.exposed;
      layer.arrayUse = layer.tiu ? layer.atPeak / layer.tiu : 0;
      layer.intensity = layer.ddr ? layer.macs / layer.ddr : Infinity;
      layer.rate = layer.macs / Math.max(layer.tiu, layer.gdma, 1);
    }
    return layers;
  }

  // Copies that run while nothing computes are exposed: that time belongs to their layer.
  splitTime(layers) {
    const [tiu, gdma] = this.byEngine;
    let both = 0, onlyGdma = 0, at = 0;
    for (const g of gdma) {
      const start = this.start[g], end = this.end[g];
      while (at < tiu.length && this.end[tiu[at]] <= start) ++at;
      let hidden = 0;
      for (let k = at; k < tiu.length && this.start[tiu[k]] < end; ++k)
        hidden += Math.min(end, this.end[tiu[k]]) - Math.max(start, this.start[tiu[k]]);
      both += hidden;
      onlyGdma += end - start - hidden;
      layers[this.layerOf[g]].exposed += end - start - hidden;
    }
    const onlyTiu = this.summary.tiu.busy_cycles - both;
    return { both, onlyTiu, onlyGdma, idle: Math.max(0, this.cycles - both - onlyTiu - onlyGdma) };
  }
}
