"use strict";

/** Failed tasks whose payloads are kept: looked at now and then, and after each thing done to them. */
const Letters = {
  EVERY: 5000,
  askedAt: -Infinity,
  asking: false,

  table: new LiveTable(
    "letters",
    [
      { label: "Task", fill: (cell, letter) => setTask(cell, letter.id) },
      { label: "Type", fill: (cell, letter) => setText(cell, letter.type) },
      { label: "Failed", fill: (cell, letter) => setTime(cell, Date.parse(letter.failedAt)) },
      { label: "Attempts", number: true, fill: (cell, letter) => setText(cell, whole.format(letter.attempts)) },
      { label: "With", fill: (cell, letter) => setTexts(cell, letter.failure.type, letter.failure.message) },
      { label: "Do", fill: (cell, letter) => Letters.buttons(cell, letter.id) },
    ],
    (letter) => letter.id),

  /** Called with each turn of the page. */
  turn() {
    if (!Letters.asking && performance.now() - Letters.askedAt > Letters.EVERY) {
      Letters.ask();
    }
  },

  filter() {
    const query = new URLSearchParams();
    for (const name of ["type", "error", "olderThan", "youngerThan"]) {
      const value = document.getElementById("letters-" + name).value.trim();
      if (value) {
        query.set(name, value);
      }
    }
    return query;
  },

  async ask() {
    Letters.asking = true;
    try {
      const query = Letters.filter();
      query.set("limit", "20");
      const { status, body } = await Front.get("v1/dead-letters?" + query);
      if (status === 200) {
        Letters.table.show(body.letters);
        const more = body.total - body.letters.length;
        const told = more > 0 ? [`and ${whole.format(more)} older ones`] : [];
        if (!body.complete) {
          told.push("a front did not answer in time: some may be missing");
        }
        setText(document.getElementById("letters-more"), told.join("; "));
      } else if (status !== 401) {
        Letters.tell(body.detail ?? "The node answered " + status);
      }
    } catch (error) {
      // That the node is silent is told above, for the whole page.
    } finally {
      Letters.asking = false;
      Letters.askedAt = performance.now();
    }
  },

  buttons(cell, id) {
    if (cell.dataset.id === id) {
      return;
    }
    cell.dataset.id = id;
    const retry = element("button", { type: "button", "aria-label": "Retry task " + id }, "Retry");
    const drop = element("button", { type: "button", "aria-label": "Delete the dead letter of task " + id }, "Delete");
    retry.addEventListener("click", () => Letters.act(`v1/dead-letters/${id}/retry`, "Retried"));
    drop.addEventListener("click", () => Letters.act(`v1/dead-letters/${id}/delete`, "Deleted"));
    cell.replaceChildren(retry, " ", drop);
  },

  /** All that match the filter, or all: then it is asked back. */
  many(verb, done) {
    const query = Letters.filter();
    if ([...query].length === 0) {
      if (!window.confirm(`${verb === "retry" ? "Retry" : "Delete"} every dead letter of the cluster?`)) {
        return;
      }
      query.set("all", "true");
    }
    Letters.act(`v1/dead-letters/${verb}?` + query, done);
  },

  async act(path, done) {
    try {
      const { status, body } = await Front.post(path);
      if (status === 202) {
        Letters.tell(`${done} as task ${body.id}.`);
      } else if (status === 200) {
        const refused = body.refused > 0 ? `, ${body.refused} refused for now` : "";
        const more = body.more > 0 ? `, ${body.more} more match` : "";
        const missing = body.complete ? "" : " A front did not answer in time: there may be more, say it again.";
        Letters.tell(`${done}: ${body.done}${refused}${more}.${missing}`);
      } else {
        Letters.tell(body.detail ?? "The node answered " + status);
      }
    } catch (error) {
      Letters.tell("No answer; look whether it was done.");
    }
    Letters.ask();
  },

  tell(text) {
    setText(document.getElementById("letters-told"), text);
  },
};

document.getElementById("letters-filter").addEventListener("submit", (event) => {
  event.preventDefault();
  Letters.ask();
});
document.getElementById("letters-retry").addEventListener("click", () => Letters.many("retry", "Retried"));
document.getElementById("letters-delete").addEventListener("click", () => Letters.many("delete", "Deleted"));
