// What makes a page about targets live: contact sheets that sort and filter, maps of the samples,
// and a large view of one sample.  Each section.target carries its data as JSON; see
// shown_samples.py for their meaning.  Samples have no names here but their places in the sprite.
/* global PHOTOGRAPH, caption, element, paint, short: of pictures.js */
"use strict";

const LARGE = 320; // CSS pixels of a large picture's longer side, if there is room
const MANY = 80; // samples of which a map has smaller pictures
const EXAMPLES = 6; // samples that the table of neighbours begins with

class Target {
  constructor(section) {
    this.section = section;
    Object.assign(this, JSON.parse(section.querySelector("script.data").textContent));
    const { width, height } = this.sprite;
    this.side = Math.max(width, height) > PHOTOGRAPH ? 96 : 56; // of small pictures, at least
    this.order = this.slot.map((_, i) => i);
    this.shown = this.order;
    this.buildTools();
    this.buildSheet();
    this.buildMap();
    this.buildNeighbours();
    this.arrange();
  }

  part(name) { return this.section.querySelector("." + name); }

  chainName(i) {
    return this.chain[i] < 0 ? "seed block" : "chain " + this.chain[i];
  }

  words(i) {
    const kind = this.accepted[i] ? "accepted sample" :
      this.keepsOutside ? "sample outside of the window" : "attempt, not accepted";
    return kind + " of " + this.label + ": activation " + this.activation[i].map(short).join(", ") +
      ", slot " + this.slot[i] + ", " + this.chainName(i);
  }

  // A picture that opens the large view.  One button of a sheet is in the tab order, the arrow keys
  // go to the others.
  button(i, side, within) {
    const made = element("button", { type: "button", title: this.words(i), tabIndex: -1 });
    made.setAttribute("aria-label", this.words(i));
    made.dataset.place = i;
    made.classList.toggle("outside", this.keepsOutside && !this.accepted[i]);
    made.addEventListener("click", () => largeView.open(this, i, within()));
    return paint(made, this.sprite, i, side);
  }

  buildTools() {
    const tools = this.part("tools");
    this.sort = tools.elements.sort;
    this.neuron = tools.elements.neuron;
    this.low = tools.elements.low;
    this.high = tools.elements.high;
    tools.addEventListener("input", () => this.arrange());
    tools.addEventListener("change", () => this.arrange()); // all that some browsers send of a list
    tools.addEventListener("reset", () => setTimeout(() => this.arrange()));
    tools.addEventListener("submit", event => event.preventDefault());
  }

  buildSheet() {
    this.sheet = this.part("sheet");
    this.items = this.order.map(i => {
      return element("li", {}, [this.button(i, this.side, () => this.shown), element("span")]);
    });
    this.sheet.addEventListener("keydown", event => this.moveFocus(event));
  }

  moveFocus(event) {
    if (!this.shown.length) return;
    const here = this.shown.indexOf(Number(event.target.dataset.place));
    const top = this.items[this.shown[0]].offsetTop;
    const rowLength = this.shown.filter(i => this.items[i].offsetTop === top).length;
    const last = this.shown.length - 1;
    const goal = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - rowLength,
                   ArrowDown: here + rowLength, Home: 0, End: last }[event.key];
    if (goal === undefined || goal < 0 || goal > last) return;
    event.preventDefault();
    this.focusOn(this.shown[goal]);
  }

  focusOn(i) {
    for (const item of this.items) item.firstChild.tabIndex = -1;
    this.items[i].firstChild.tabIndex = 0;
    this.items[i].firstChild.focus();
  }

  // Put the sheet into the chosen order, with those samples alone that the filter lets through.
  arrange() {
    const m = this.neuron ? Number(this.neuron.value) : 0;
    const [choice] = this.sort.selectedOptions;
    const key = this.key(choice.value, m), number = i => this.measured(choice.dataset.below, i, m);
    const low = this.low.value === "" ? -Infinity : Number(this.low.value);
    const high = this.high.value === "" ? Infinity : Number(this.high.value);
    this.shown = this.order
      .filter(i => this.activation[i][m] === null ? low === -Infinity && high === Infinity :
        this.activation[i][m] >= low && this.activation[i][m] <= high)
      .sort((a, b) => key(a) - key(b) || a - b);
    for (const i of this.shown) this.items[i].lastChild.textContent = caption(number(i));
    this.sheet.replaceChildren(...this.shown.map(i => this.items[i]));
    this.items.forEach(item => { item.firstChild.tabIndex = -1; });
    if (this.shown.length) this.items[this.shown[0]].firstChild.tabIndex = 0;
    this.part("count").textContent = this.shown.length + " of " + this.order.length +
      " shown; below each: " + choice.dataset.words;
    const visible = new Set(this.shown);
    for (const point of this.points || []) point.hidden = !visible.has(Number(point.dataset.place));
  }

  // What samples may be sorted by, of neuron m.
  measured(name, i, m) {
    return name === "activation" ? this.activation[i][m] : this[name][i];
  }

  // How the sheet is sorted; a "-" before a name turns it round, what has no number comes last.
  key(name, m) {
    const sign = name.startsWith("-") ? -1 : 1;
    return i => {
      const number = this.measured(name.replace("-", ""), i, m);
      return number === null ? Infinity : sign * number;
    };
  }

  buildMap() {
    const map = this.part("map");
    if (!map) return;
    const box = map.querySelector(".points");
    const side = this.order.length > MANY ? this.side / 2 : this.side;
    this.points = this.order.map(i => this.button(i, side, () => this.shown));
    box.style.inset = side / 2 + 2 + "px"; // so that none is cut off at the edge
    box.querySelector(".scale").style.bottom = -side / 2 + "px";
    box.append(...this.points);
    const place = name => {
      const { points, label, bar } = this.maps[name];
      points.forEach(([x, y], i) => {
        this.points[i].style.left = x + "%";
        this.points[i].style.bottom = y + "%";
      });
      map.querySelector("figcaption").textContent = label;
      const scale = map.querySelector(".scale");
      scale.hidden = !bar;
      scale.style.width = bar + "%";
    };
    for (const choice of map.querySelectorAll("input")) {
      choice.addEventListener("change", () => place(choice.value));
      if (choice.checked) place(choice.value);
    }
  }

  // A row of pictures with a number below each: neighbours of a sample.
  neighbours(places, distances, sprite, name, open) {
    return element("ul", { className: "row" }, places.map((place, k) => {
      const distance = caption(distances[k]);
      const shown = open ? open(place) : paint(element("span"), sprite, place, this.side);
      if (!open) {
        shown.setAttribute("role", "img");
        shown.setAttribute("aria-label", name + " at distance " + distance);
      }
      return element("li", {}, [shown, element("span", { textContent: distance })]);
    }));
  }

  samplesNear(i) {
    const open = place => {
      const made = this.button(place, this.side, () => this.shown);
      made.tabIndex = 0;
      return made;
    };
    return this.neighbours(this.near[i], this.nearDistance[i], this.sprite, "sample", open);
  }

  realNear(i) {
    return this.neighbours(this.real[i], this.realDistance[i], this.realSprite, "real picture");
  }

  // The samples that lie farthest apart, each with what lies nearest to it.
  buildNeighbours() {
    const body = this.part("neighbours");
    if (!body) return;
    const first = this.order.slice().sort((a, b) => this.spread[a] - this.spread[b]);
    for (const i of first.slice(0, EXAMPLES)) {
      const sample = this.button(i, this.side, () => this.shown);
      sample.tabIndex = 0;
      const cells = [sample, this.samplesNear(i)].concat(this.real ? [this.realNear(i)] : []);
      body.append(element("tr", {}, cells.map(cell => element("td", {}, [cell]))));
    }
  }
}

const largeView = {
  dialog: document.getElementById("large"),

  open(target, i, among) {
    Object.assign(this, { target, i, among });
    this.fill();
    if (!this.dialog.open) this.dialog.showModal();
  },

  fill() {
    const { target, i, dialog } = this;
    const part = name => dialog.querySelector("." + name);
    part("title").textContent = target.label + ", slot " + target.slot[i];
    const picture = paint(element("div"), target.sprite, i, Math.min(LARGE, innerWidth * 0.7));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", target.words(i));
    part("holder").replaceChildren(picture);
    part("numbers").replaceChildren(...this.numbers().map(([name, value]) => element("tr", {}, [
      element("th", { scope: "row", textContent: name }), element("td", { textContent: value })])));
    part("slice").textContent = this.slice();
    part("copied").textContent = "";
    const rows = [];
    if (target.near && target.near[i].length) {
      rows.push(element("h3", { textContent: "Nearest samples, distance in encoder units" }),
                target.samplesNear(i));
    }
    if (target.real) {
      rows.push(element("h3", { textContent: "Nearest real pictures, distance in encoder units" }),
                target.realNear(i));
    }
    part("around").replaceChildren(...rows);
  },

  numbers() {
    const { target, i } = this;
    const rows = target.neurons.map((name, m) => ["Activation of " + name,
      short(target.activation[i][m]) + " (window " + target.windows[m] + ")"]);
    rows.push(["State", target.accepted[i] ? "accepted" :
      target.keepsOutside ? "not in the window" : "not accepted: the best attempt"],
              ["Slot", String(target.slot[i])],
              ["Made by", target.chainName(i) + ", block " + target.block[i]],
              ["Work", short(target.steps[i]) + " sample-steps"],
              ["Starts given up before", String(target.restarts[i])]);
    if (target.gap) rows.push(["To the nearest sample", short(target.gap[i]) + " encoder units"]);
    return rows;
  },

  slice() {
    const { target, i } = this;
    const at = "[" + target.number + ", " + target.slot[i] + "]";
    return "import h5py\nrun = h5py.File(" + JSON.stringify(target.file) + ', "r")\n' +
      'picture = run["image"]' + at + '\ncode = run["code"]' + at;
  },

  step(by) {
    const here = this.among.indexOf(this.i), next = this.among[here + by];
    if (next === undefined) return;
    this.i = next;
    this.fill();
  },

  async copy() {
    const text = this.slice();
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or an old browser: the way of before
      getSelection().selectAllChildren(this.dialog.querySelector(".slice"));
      if (!document.execCommand("copy")) return;
    }
    this.dialog.querySelector(".copied").textContent = "copied";
  },

  start() {
    this.dialog.querySelector(".back").addEventListener("click", () => this.step(-1));
    this.dialog.querySelector(".on").addEventListener("click", () => this.step(1));
    this.dialog.querySelector(".copy").addEventListener("click", () => this.copy());
    this.dialog.querySelector(".close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("keydown", event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) this.step(by);
    });
    this.dialog.addEventListener("click", event => { // beside it
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => {
      if (this.target.shown.includes(this.i)) this.target.focusOn(this.i);
    });
  }
};

largeView.start();
for (const section of document.querySelectorAll("section.target")) {
  if (section.querySelector("script.data")) new Target(section);
}
