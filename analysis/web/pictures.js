// What all pages share: numbers in words, elements, and pictures of sprite sheets.
"use strict";

const PHOTOGRAPH = 64; // pixels: larger pictures are no icons whose pixels one wants to see

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Numbers as in the rest of the page: four digits that count; below pictures always as many.
function short(value) {
  return value === null ? "-" : String(Number(value.toPrecision(4)));
}

function caption(value) {
  if (value === null) return "-";
  return Math.abs(value) >= 999.5 ? value.toFixed(0) : value.toPrecision(4);
}

// A picture of a sprite sheet, as the background of an element: `side` CSS pixels or a little more.
function paint(target, sprite, place, side) {
  const longer = Math.max(sprite.width, sprite.height);
  const zoom = side < longer ? side / longer : Math.ceil(side / longer);
  const x = place % sprite.columns, y = Math.floor(place / sprite.columns);
  target.classList.add("picture", sprite.name);
  target.style.imageRendering = longer > PHOTOGRAPH || zoom < 1 ? "auto" : "pixelated";
  target.style.width = sprite.width * zoom + "px";
  target.style.height = sprite.height * zoom + "px";
  target.style.backgroundSize = sprite.sheet[0] * zoom + "px " + sprite.sheet[1] * zoom + "px";
  const left = -x * (sprite.width + sprite.gap) * zoom, top = -y * (sprite.height + sprite.gap) * zoom;
  target.style.backgroundPosition = left + "px " + top + "px";
  return target;
}
