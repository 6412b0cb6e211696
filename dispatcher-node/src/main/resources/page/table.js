"use strict";

/**
 * A table whose rows stay the same elements while their texts change: a focused button keeps its
 * focus, and a screen reader its place.
 */
class LiveTable {
  /**
   * @param columns each {label, number?, fill(cell, item)}; the first one is the row's heading
   * @param keyOf what tells items apart
   */
  constructor(id, columns, keyOf) {
    this.table = document.getElementById(id);
    this.empty = document.getElementById("no-" + id);
    this.columns = columns;
    this.keyOf = keyOf;
    this.rows = new Map();
    const head = element("tr", { role: "row" });
    for (const column of columns) {
      const cell = element("th", { scope: "col", role: "columnheader" }, column.label);
      cell.classList.toggle("number", column.number === true);
      head.append(cell);
    }
    this.body = element("tbody", { role: "rowgroup" });
    const top = element("thead", { role: "rowgroup" });
    top.append(head);
    // Said again because cards on a phone are no table for some browsers.
    this.table.setAttribute("role", "table");
    this.table.append(top, this.body);
    this.table.hidden = true;
  }

  show(items) {
    const before = this.rows;
    this.rows = new Map();
    let place = this.body.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      const row = before.get(key) ?? this.newRow();
      before.delete(key);
      this.rows.set(key, row);
      this.columns.forEach((column, i) => column.fill(row.children[i], item, row));
      if (row === place) {
        place = place.nextElementSibling;
      } else {
        this.body.insertBefore(row, place);
      }
    }
    for (const row of before.values()) {
      row.remove();
    }
    this.table.hidden = items.length === 0;
    this.empty.hidden = items.length > 0;
  }

  newRow() {
    const row = element("tr", { role: "row" });
    this.columns.forEach((column, i) => {
      const cell =
        i === 0 ? element("th", { scope: "row", role: "rowheader" }) : element("td", { role: "cell", "data-label": column.label });
      cell.classList.toggle("number", column.number === true);
      row.append(cell);
    });
    return row;
  }
}

function element(name, attributes, text) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    made.setAttribute(key, value);
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

/** Changes a text only if it differs, so that nothing is announced or drawn for nothing. */
function setText(host, text) {
  if (host.textContent !== text) {
    host.textContent = text;
  }
}

/** A text with a softer second line. */
function setTexts(cell, text, why) {
  if (cell.dataset.both === text + "\n" + why) {
    return;
  }
  cell.dataset.both = text + "\n" + why;
  const all = element("span", {}, text);
  if (why) {
    all.append(element("span", { class: "why" }, why));
  }
  cell.replaceChildren(all);
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

function rate(value) {
  return value >= 100 ? whole.format(value) : tenths.format(value);
}

function millis(value) {
  if (value === null || value === undefined) {
    return "–";
  }
  if (value < 10) {
    return tenths.format(value) + " ms";
  }
  return value < 1000 ? whole.format(value) + " ms" : seconds(value / 1000);
}

function seconds(value) {
  if (value < 60) {
    return tenths.format(value) + " s";
  }
  if (value < 3600) {
    return Math.floor(value / 60) + " min " + Math.floor(value % 60) + " s";
  }
  const hours = Math.floor(value / 3600);
  return hours < 48 ? hours + " h " + Math.floor((value % 3600) / 60) + " min" : Math.floor(hours / 24) + " days";
}

function clock(date) {
  return date.toLocaleTimeString("en-GB");
}

/** When something was, in words and, pointed at, exactly. */
function setTime(cell, at) {
  let time = cell.querySelector("time");
  if (time === null) {
    time = element("time");
    cell.replaceChildren(time);
  }
  const date = new Date(at);
  time.dateTime = date.toISOString();
  time.title = date.toString();
  setText(time, clock(date) + ", " + seconds(Math.max(0, Math.round((Date.now() - at) / 1000))) + " ago");
}

/** A task id that can be looked up. */
function setTask(cell, id) {
  let button = cell.querySelector("button");
  if (button === null) {
    button = element("button", { type: "button", class: "id" });
    button.addEventListener("click", () => TaskFinder.open(button.textContent));
    cell.replaceChildren(button);
  }
  setText(button, id);
  button.setAttribute("aria-label", "Find task " + id);
}
