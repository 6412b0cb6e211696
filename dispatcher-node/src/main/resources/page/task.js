"use strict";

/** One task that somebody looks at: asked again every second until it has ended. */
const TaskFinder = {
  id: null,
  final: false,
  shown: "",

  /** From a form, a table or the address: the address then names the task and can be passed on. */
  open(id) {
    const hash = "#task=" + encodeURIComponent(id);
    if (location.hash === hash) {
      TaskFinder.find(id);
    } else {
      location.hash = hash;
    }
    document.getElementById("h-task").scrollIntoView();
    document.getElementById("id").focus({ preventScroll: true });
  },

  fromAddress() {
    if (!location.hash.startsWith("#task=")) {
      return;
    }
    try {
      TaskFinder.find(decodeURIComponent(location.hash.slice("#task=".length)));
    } catch (malformed) {
      TaskFinder.tell("The address names no task: " + malformed.message);
    }
  },

  find(id) {
    TaskFinder.id = id.trim();
    TaskFinder.final = false;
    document.getElementById("id").value = TaskFinder.id;
    TaskFinder.ask();
  },

  /** Called with each turn of the page. */
  turn() {
    if (TaskFinder.id !== null && !TaskFinder.final) {
      TaskFinder.ask();
    }
  },

  async ask() {
    const id = TaskFinder.id;
    try {
      const { status, body } = await TaskFinder.look(id);
      if (id !== TaskFinder.id) {
        return;
      }
      if (status === 200) {
        TaskFinder.final = !["waiting", "running"].includes(body.state);
        TaskFinder.show(body);
      } else {
        TaskFinder.final = status !== 503 && status !== 401;
        TaskFinder.tell(body.detail ?? body.title ?? "The node answered " + status);
      }
    } catch (error) {
      if (id === TaskFinder.id) {
        TaskFinder.tell("No answer about task " + id + "; it is asked for again.");
      }
    }
  },

  /** A task, or the dead letter that is kept for longer than its record. */
  async look(id) {
    const path = encodeURIComponent(id);
    const task = await Front.get("v1/tasks/" + path);
    if (task.status !== 404 && task.status !== 410) {
      return task;
    }
    const letter = await Front.get("v1/dead-letters/" + path);
    // If there is none either, the first answer says more.
    return letter.status === 404 ? task : letter;
  },

  tell(text) {
    setText(document.getElementById("task"), text);
    TaskFinder.shown = text;
  },

  /** A task; or a dead letter, which has no state. */
  show(found) {
    const text = JSON.stringify(found);
    if (TaskFinder.shown === text) {
      return;
    }
    TaskFinder.shown = text;
    const list = element("dl");
    const line = (name, value) => {
      if (value !== undefined && value !== null) {
        list.append(element("dt", {}, name), element("dd", {}, String(value)));
      }
    };
    line("Task", found.id);
    line("Type", found.type);
    const parts = [list];
    if (found.state === undefined) {
      parts.push(...TaskFinder.letter(found, line));
    } else {
      TaskFinder.task(found, line);
    }
    const failure = found.failure;
    if (failure) {
      line("Failed with", failure.type + (failure.message ? ": " + failure.message : ""));
      line("In", "attempt " + failure.attempt + " on " + failure.node);
      if (failure.trace) {
        parts.push(TaskFinder.folded("Trace", failure.trace));
      }
    }
    if (found.history?.length > 0) {
      parts.push(TaskFinder.history(found.history));
    }
    if (found.placement) {
      parts.push(TaskFinder.placement(found.placement));
    }
    document.getElementById("task").replaceChildren(...parts);
  },

  task(task, line) {
    line("State", task.state + (task.waiting ? " (" + task.waiting + ")" : ""));
    line("Why", task.why);
    line("Attempts", TaskFinder.attempts(task));
    line("Node", task.node);
    line("Progress", task.progress);
    line("Repeats", task.retryOf);
    if (task.stale) {
      line("Note", "not confirmed: the ledger, or the node that drives the task, did not answer in time");
    }
  },

  /** Gives what is too long for a line. */
  letter(letter, line) {
    line("State", "failed; what is left of it is a dead letter");
    line("Key", letter.key);
    line("Failed", letter.failedAt);
    line("Kept until", letter.expiresAt);
    line("Attempts", whole.format(letter.attempts));
    const bytes = whole.format(letter.payloadBytes) + (letter.payloadBytes === 1 ? " byte" : " bytes");
    line("Payload", letter.payloadBase64 === undefined ? bytes : bytes + " that are no text");
    if (!letter.payload) {
      return [];
    }
    const payload = TaskFinder.folded("Payload", letter.payload);
    payload.open = true;
    return [payload];
  },

  folded(name, text) {
    const folded = element("details");
    folded.append(element("summary", {}, name), element("pre", { tabindex: "0", "aria-label": name }, text));
    return folded;
  },

  history(attempts) {
    return TaskFinder.table(
      "Attempts so far",
      ["Attempt", "Node", "Started", "Ended", "How", "With"],
      attempts.map((past) => [past.attempt, past.node ?? "–", past.startedAt ?? "–", past.endedAt, past.cause, past.note ?? ""]),
    );
  },

  placement(placement) {
    const where = placement.node ? "Went to " + placement.node : "No node can take it now";
    const sampled = placement.candidates.some((each) => each.drawn);
    const fit = (each) => (!sampled ? "–" : each.drawn ? "drawn" : "not drawn");
    const more = placement.omitted ? "; " + placement.omitted + " more were looked at" : "";
    return TaskFinder.table(
      where + " by " + placement.balancer + ": " + placement.rule + more,
      ["Candidate", "Zone", "Load", "Slots", "Weight", "Sessions", "Latency", "Verdict"],
      placement.candidates.map((each) => [
        each.node,
        each.zone || "–",
        each.load,
        each.slots,
        each.weight.toFixed(2),
        each.sessions,
        each.latencyMillis > 0 ? each.latencyMillis.toFixed(1) + " ms" : "–",
        each.node === placement.node ? "chosen" : each.excluded ?? fit(each),
      ]),
    );
  },

  table(caption, names, rows) {
    const table = element("table");
    table.append(element("caption", {}, caption));
    const head = element("tr");
    for (const name of names) {
      head.append(element("th", { scope: "col" }, name));
    }
    const body = element("tbody");
    for (const cells of rows) {
      const row = element("tr");
      cells.forEach((cell, i) => row.append(element("td", { "data-label": names[i] }, String(cell))));
      body.append(row);
    }
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    return table;
  },

  attempts(task) {
    if (task.attempt === 0) {
      return "not started yet";
    }
    const again = task.attempt - 1;
    const times = again === 0 ? "" : again === 1 ? ", started again once" : `, started again ${again} times`;
    return task.attempt + times + (task.state === "waiting" ? "; waits for the next start" : "");
  },
};
