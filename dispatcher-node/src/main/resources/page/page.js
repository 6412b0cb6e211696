"use strict";

/** The node that served this page. */
const Front = {
  PATIENCE: 5000,
  token: sessionStorage.getItem("dispatcher.token"),

  /** Rejects only if the node does not answer. */
  get(path) {
    return Front.ask(path, "GET", Front.PATIENCE);
  },

  /** As get; for what the node is to do. */
  post(path) {
    return Front.ask(path, "POST", 30_000);
  },

  async ask(path, method, patience) {
    const headers = Front.token ? { Authorization: "Bearer " + Front.token } : {};
    const answer = await fetch(path, { method, headers, cache: "no-store", signal: AbortSignal.timeout(patience) });
    let body = {};
    try {
      body = await answer.json();
    } catch (error) {
      if (answer.ok) {
        throw error;
      }
    }
    return { status: answer.status, body };
  },
};

const by = (id) => document.getElementById(id);
const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);
const charts = {
  waiting: new Sparkline(by("c-waiting"), "Waiting", ""),
  oldest: new Sparkline(by("c-oldest"), "Age of the oldest waiting task", " s"),
  running: new Sparkline(by("c-running"), "Running", ""),
  done: new Sparkline(by("c-done"), "Done per second", ""),
};

// ---------------------------------------------------------------- what was heard

let heardAt = null;
let lostAt = null;
let seenBy = null;

function show(stats) {
  seenBy = stats.seenBy;
  heardAt = new Date();
  setText(by("seen"), "as " + seenBy + " sees it");
  const waiting = sum(stats.types, (type) => type.waiting);
  const oldest = stats.types.reduce((most, type) => (type.waiting > 0 ? Math.max(most, type.oldestSeconds) : most), 0);
  const running = sum(stats.nodes, (node) => node.running);
  const done = sum(stats.types, (type) => type.donePerSecond);
  const up = stats.nodes.filter((node) => node.state === "up").length;
  const others = stats.nodes.length - up;
  tile("t-nodes", whole.format(up), others > 0 ? `and ${others} not` : "");
  tile("t-waiting", whole.format(waiting), "");
  tile("t-oldest", waiting > 0 ? seconds(oldest) : "–", "");
  tile("t-running", whole.format(running), "of " + whole.format(sum(stats.nodes, (node) => node.slots)));
  tile("t-done", rate(done), "");
  tile("t-failed", whole.format(sum(stats.types, (type) => type.failed)), "in all");
  chart({ waiting, oldest: waiting > 0 ? oldest : 0, running, done }, stats.types);
  nodes.show(stats.nodes);
  types.show(stats.types);
  faults.show(stats.faults);
  failures.show(stats.failures);
  setText(by("notice"), notices(stats).join(" "));
}

function tile(id, text, small) {
  const host = by(id);
  if (host.dataset.text !== text + small) {
    host.dataset.text = text + small;
    host.replaceChildren(text);
    if (small) {
      host.append(" ", element("small", {}, small));
    }
  }
}

function notices(stats) {
  const told = [];
  if (!stats.complete) {
    told.push("A front did not answer in time: sums may be too low.");
  }
  const here = stats.nodes.find((node) => node.name === stats.seenBy);
  if (here && !here.ready && here.roles.includes("front")) {
    told.push("This front takes no tasks now: " + here.readiness + ".");
  }
  return told;
}

function chart(figures, shown) {
  for (const [name, line] of Object.entries(charts)) {
    line.add(figures === null ? null : figures[name]);
  }
  for (const type of shown ?? []) {
    if (!typeCharts.has(type.name)) {
      typeCharts.set(type.name, new Sparkline(element("span"), "Done per second of " + type.name, ""));
    }
  }
  const rates = new Map((shown ?? []).map((type) => [type.name, type.donePerSecond]));
  for (const [name, line] of typeCharts) {
    if (shown !== null && !rates.has(name)) {
      typeCharts.delete(name);
    } else {
      line.add(rates.get(name) ?? null);
    }
  }
}

// ---------------------------------------------------------------- whether it answers

function link(state, text) {
  by("link").dataset.link = state;
  setText(by("link-text"), text);
}

function live() {
  lostAt = null;
  by("alert").replaceChildren();
  by("main").classList.remove("old");
  link("live", "live");
  document.title = "Dispatcher: " + seenBy;
}

/** Said once; only the header counts on. */
function lost(what, why) {
  if (lostAt === null || by("alert").dataset.what !== what) {
    lostAt ??= new Date();
    by("alert").dataset.what = what;
    const text = element("p");
    text.append(element("strong", {}, what), " " + why);
    if (heardAt !== null) {
      text.append(` What is shown is from ${clock(heardAt)} and may be wrong by now.`);
    }
    by("alert").replaceChildren(text);
    by("main").classList.add("old");
    document.title = "No answer: Dispatcher";
  }
  link("lost", "no answer for " + seconds(Math.round((Date.now() - lostAt) / 1000)));
  chart(null, null);
}

function askForToken(body) {
  by("token-form").hidden = false;
  link("asking", "waiting for a token");
  setText(by("notice"), Front.token ? String(body.detail ?? "The node refuses the token.") : "");
}

async function turn() {
  let answer;
  try {
    answer = await Front.get("v1/stats");
  } catch (error) {
    const name = seenBy === null ? location.host : `${seenBy} (${location.host})`;
    lost(
      `The front ${name} does not answer.`,
      "It is asked again every second. Other fronts have this page at their own addresses.");
    return;
  }
  const { status, body } = answer;
  if (status === 401) {
    askForToken(body);
  } else if (status !== 200) {
    lost("The node answers, but without figures.", `${body.detail ?? "It said " + status}. It is asked again every second.`);
  } else {
    try {
      by("token-form").hidden = true;
      show(body);
      live();
    } catch (error) {
      console.error(error);
      lost("This page does not understand what the node says.", "Load it again: the node may have another version now.");
    }
  }
  TaskFinder.turn();
  Letters.turn();
}

async function run() {
  for (;;) {
    const start = performance.now();
    if (document.hidden) {
      link("paused", "paused while hidden");
      await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
    } else {
      await turn();
      await new Promise((later) => setTimeout(later, Math.max(100, 1000 - (performance.now() - start))));
    }
  }
}

by("find").addEventListener("submit", (event) => {
  event.preventDefault();
  TaskFinder.open(by("id").value);
});
by("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  Front.token = by("token").value.trim();
  sessionStorage.setItem("dispatcher.token", Front.token);
  turn();
});
window.addEventListener("hashchange", TaskFinder.fromAddress);
TaskFinder.fromAddress();
run();
