"use strict";

/** The last two minutes of one figure as a line; null where nothing was heard. */
class Sparkline {
  static POINTS = 120;
  static HEIGHT = 24;

  constructor(host, name, unit) {
    this.values = [];
    this.name = name;
    this.unit = unit;
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("class", "line");
    this.svg.setAttribute("viewBox", `0 0 ${Sparkline.POINTS} ${Sparkline.HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    this.svg.append(this.path);
    host.replaceChildren(this.svg);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > Sparkline.POINTS) {
      this.values.shift();
    }
    const heard = this.values.filter((each) => each !== null);
    const most = Math.max(...heard, 0);
    const start = Sparkline.POINTS - this.values.length;
    let pen = "M";
    let d = "";
    this.values.forEach((each, i) => {
      if (each === null) {
        pen = "M";
        return;
      }
      const y = most === 0 ? Sparkline.HEIGHT - 1 : Sparkline.HEIGHT - 1 - (each / most) * (Sparkline.HEIGHT - 2);
      d += `${pen}${start + i} ${y.toFixed(1)}`;
      if (pen === "M") {
        // A point alone is seen too.
        d += "h.01";
      }
      pen = "L";
    });
    this.path.setAttribute("d", d);
    this.svg.setAttribute(
      "aria-label",
      `${this.name}, last two minutes: at most ${Math.round(most * 10) / 10}${this.unit}`);
  }
}
