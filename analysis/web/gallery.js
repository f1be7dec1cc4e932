// The tiles of a gallery: made from targets.js, found by words, sorted, and filtered by outcome.
"use strict";

/* global groups, marks: of targets.js; element, paint, short: of pictures.js */
const SIDE = 56; // CSS pixels of a picture

function text(words) {
  return element("span", { textContent: words });
}

function tileOf(target, sheet) {
  const pictures = element("span", { className: "pictures" },
    target.places.map(place => paint(element("span"), sheet, place, SIDE)));
  pictures.setAttribute("role", "img");
  pictures.setAttribute("aria-label", target.shows);
  return element("li", {}, [
    element("a", { href: target.page },
      [pictures, element("strong", { textContent: target.label })]),
    ...(target.units === target.label ? [] : [text(target.units)]),
    text(marks[target.outcome] + " " + target.outcome + ", " + target.accepted + " of " +
      target.slots + " accepted"),
    text(target.window),
    text("spread " + short(target.spread) + " encoder units"),
    text("reach: activation " + short(target.reach)),
    text("cost " + short(target.cost) + " sample-steps each")]);
}

const targets = groups.flatMap(group => group.tiles.map(tile => ({ ...tile, sheet: group.sheet })));
const style = document.createElement("style");
style.textContent = groups.filter(group => group.sheet)
  .map(({ sheet }) => "." + sheet.name + "{background-image:url(" + sheet.file + ")}").join("\n");
document.head.append(style);
targets.forEach((target, number) => {
  target.number = number;
  target.share = target.accepted / target.slots;
  target.words = (target.label + " " + target.units).toLowerCase();
  target.item = tileOf(target, target.sheet);
});

const tools = document.getElementById("tools"), list = document.querySelector(".tiles");

function arrange() {
  const { sort, words, outcome } = tools.elements;
  const name = sort.value.replace("-", ""), sign = sort.value === name ? 1 : -1;
  const key = target => target[name] === null ? Infinity : sign * target[name]; // unknown ones last
  const wanted = words.value.toLowerCase().split(/\s+/);
  const shown = targets
    .filter(target => wanted.every(word => target.words.includes(word)) &&
      (!outcome.value || target.outcome === outcome.value))
    .sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      return x === y ? a.number - b.number : x - y;
    });
  list.replaceChildren(...shown.map(target => target.item));
  tools.querySelector(".count").textContent = shown.length + " of " + targets.length + " shown";
}

tools.addEventListener("input", arrange);
tools.addEventListener("change", arrange); // all that some browsers send of a list
tools.addEventListener("reset", () => setTimeout(arrange));
tools.addEventListener("submit", event => event.preventDefault());
arrange();
requestAnimationFrame(() => setTimeout(() => performance.mark("tiles shown")));
