"use strict";

/** The four tables: what stands in their columns. */
const typeCharts = new Map();
const MARKS = { up: "●", silent: "▲", draining: "◆", drained: "◇", left: "✕" };
const nodes = new LiveTable(
  "nodes",
  [
    {
      label: "Node",
      fill: (cell, node, row) => {
        setText(cell, node.name);
        row.dataset.node = node.name;
        row.dataset.state = node.state;
      },
    },
    { label: "State", fill: fillState },
    { label: "Roles", fill: (cell, node) => setText(cell, node.roles.join(", ") + (node.zone ? " in " + node.zone : "")) },
    { label: "Labels", fill: (cell, node) => setText(cell, node.labels.length === 0 ? "–" : node.labels.join(", ")) },
    { label: "Weight", number: true, fill: (cell, node) => setText(cell, node.weight.toFixed(1)) },
    { label: "Ejected for", fill: (cell, node) => setText(cell, node.ejected.length === 0 ? "–" : node.ejected.join(", ")) },
    { label: "Running", number: true, fill: (cell, node) => setText(cell, whole.format(node.running)) },
    { label: "Slots", number: true, fill: (cell, node) => setText(cell, whole.format(node.slots)) },
    { label: "Load", fill: fillLoad },
    { label: "Held", number: true, fill: (cell, node) => setText(cell, whole.format(node.held)) },
    { label: "Unfinished as front", number: true, fill: (cell, node) => setText(cell, whole.format(node.unfinished)) },
    { label: "Takes tasks in", fill: fillIntake },
  ],
  (node) => node.name);
const types = new LiveTable(
  "types",
  [
    {
      label: "Type",
      fill: (cell, type, row) => {
        setText(cell, type.name);
        row.dataset.type = type.name;
      },
    },
    { label: "Waiting", number: true, fill: fillWaiting },
    { label: "Oldest", number: true, fill: (cell, type) => setText(cell, type.waiting > 0 ? seconds(type.oldestSeconds) : "–") },
    { label: "Running", number: true, fill: (cell, type) => setText(cell, whole.format(type.running)) },
    { label: "Done/s", number: true, fill: (cell, type) => setText(cell, rate(type.donePerSecond)) },
    { label: "Last two minutes", fill: fillChart },
    { label: "Succeeded", number: true, fill: (cell, type) => setText(cell, whole.format(type.succeeded)) },
    { label: "Failed", number: true, fill: fillFailed },
    {
      label: "Latency",
      number: true,
      fill: (cell, type) => {
        const total = type.total;
        setText(cell, total.count === 0 ? "–" : [total.p50, total.p99, total.max].map(millis).join(" / "));
      },
    },
    { label: "Handled by", fill: (cell, type) => setText(cell, type.nodes.length === 0 ? "no node" : type.nodes.join(", ")) },
  ],
  (type) => type.name);
const faults = new LiveTable(
  "faults",
  [
    { label: "Node", fill: (cell, fault) => setText(cell, fault.node) },
    { label: "When", fill: (cell, fault) => setTime(cell, fault.atMillis) },
    { label: "What", fill: (cell, fault) => setText(cell, fault.cause === "left" ? "left the cluster" : fault.cause) },
    { label: "Tasks given out again", number: true, fill: (cell, fault) => setText(cell, whole.format(fault.reissued)) },
    { label: "First after", number: true, fill: (cell, fault) => setText(cell, millis(fault.firstRestartMillis)) },
    {
      label: "Last after",
      number: true,
      fill: (cell, fault) => setText(cell, fault.lastRestartMillis === null && fault.reissued > 0 ? "some wait" : millis(fault.lastRestartMillis)),
    },
  ],
  (fault) => fault.node + " " + fault.atMillis);
const failures = new LiveTable(
  "failures",
  [
    { label: "Type", fill: (cell, group) => setText(cell, group.type) },
    { label: "Error", fill: (cell, group) => setTexts(cell, group.error, group.message) },
    { label: "Attempts", number: true, fill: (cell, group) => setText(cell, whole.format(group.count)) },
    { label: "Last", fill: (cell, group) => setTime(cell, group.lastMillis) },
    { label: "Last task", fill: (cell, group) => setTask(cell, group.lastTask) },
  ],
  (group) => group.type + "\n" + group.error);

function fillState(cell, node) {
  if (cell.dataset.state !== node.state) {
    cell.dataset.state = node.state;
    const all = element("span", { class: "state" });
    all.append(element("span", { "aria-hidden": "true" }, (MARKS[node.state] ?? "") + " "), node.state);
    cell.replaceChildren(all);
  }
}

function fillLoad(cell, node) {
  if (node.slots === 0) {
    cell.replaceChildren("–");
    return;
  }
  if (cell.querySelector("meter") === null) {
    cell.replaceChildren(element("span"));
    cell.firstChild.append(element("meter", { min: "0", max: "1" }), element("span"));
  }
  const load = node.running / node.slots;
  const [meter, text] = cell.firstChild.children;
  meter.value = Math.min(1, load);
  meter.setAttribute("aria-label", "Load of " + node.name);
  setText(text, Math.round(load * 100) + " %");
}

function fillIntake(cell, node) {
  if (!node.roles.includes("front")) {
    setTexts(cell, "no", "not a front");
  } else if (node.ready) {
    setTexts(cell, "yes", "");
  } else {
    setTexts(cell, "no", node.state === "left" ? "" : node.readiness);
  }
}

function fillWaiting(cell, type) {
  const why = Object.entries(type.reasons).map(([reason, count]) => `${reason} ${whole.format(count)}`);
  setTexts(cell, whole.format(type.waiting), type.waiting > 0 ? why.join(", ") : "");
}

function fillFailed(cell, type) {
  const also = [];
  if (type.cancelled > 0) {
    also.push(whole.format(type.cancelled) + " cancelled");
  }
  if (type.expired > 0) {
    also.push(whole.format(type.expired) + " expired");
  }
  setTexts(cell, whole.format(type.failed), also.join(", "));
  cell.classList.toggle("bad", type.failed > 0);
}

function fillChart(cell, type) {
  const chart = typeCharts.get(type.name);
  if (chart.svg.parentNode !== cell) {
    cell.replaceChildren(chart.svg);
  }
}
