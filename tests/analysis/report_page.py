"""Reading a page back: its sections, tables, data and pictures, without the code that wrote it."""

import base64
import html.parser
import io
import json
import os
import re

import numpy as np
from PIL import Image


class Page(html.parser.HTMLParser):
    """texts: {id of section: words}; tables: {id: [[cell]]}; data: {id: data of page scripts};
    svg: {id: [alt text]}; tips: {id: [title of a bar]}; sprites: {class: pixels}."""

    def __init__(self, path):
        super().__init__()
        self.texts, self.tables, self.data, self.svg, self.tips = {}, {}, {}, {}, {}
        self.attributes, self.tags = [], set()
        self._id, self._in_cell, self._in_tip, self._in_data = "head", False, False, False
        with open(path, encoding="utf-8") as file:
            self.source = file.read()
        self.feed(self.source)
        folder = os.path.dirname(path)
        self.sprites = {name: pixels(uri, folder) for name, uri in re.findall(
            r"\.([\w-]+)\{background-image:url\(([^)]*)\)\}", self.source)}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.attributes += attrs.items()
        if tag in ("section", "footer"):
            self._id = attrs["id"]
        if tag in ("td", "th"):
            self.tables[self._id][-1].append("")
        elif tag == "tr":
            self.tables.setdefault(self._id, []).append([])
        elif tag == "svg":
            self.svg.setdefault(self._id, []).append(attrs["aria-label"])
        within = "a", "code", "br", "span"
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag in within)
        self._in_tip = tag == "title"
        self._in_data = tag == "script" and attrs.get("class") == "data"

    def handle_endtag(self, tag):
        self._in_cell = self._in_cell and tag != "table"
        if tag == "title":
            self._in_tip = False
        if tag == "section":
            self._id = "between"

    def handle_data(self, data):
        if self._in_data:
            self.data[self._id] = json.loads(data)
            self._in_data = False
            return
        self.texts[self._id] = self.texts.get(self._id, "") + data
        if self._in_cell:
            self.tables[self._id][-1][-1] += data
        if self._in_tip:
            self.tips.setdefault(self._id, []).append(data)

    def picture(self, section, place):
        """Pixels of a sample of a section."""
        sprite = self.data[section]["sprite"]
        return cut(self.sprites[sprite["name"]], sprite, place)


def pixels(uri, folder):
    """Of a picture given as a data URI, or as a file beside the page."""
    if not uri.startswith("data:"):
        return np.asarray(Image.open(os.path.join(folder, uri)))
    data = base64.b64decode(uri.split(",")[1], validate=True)
    return np.asarray(Image.open(io.BytesIO(data)))


def cut(sheet, sprite, place):
    """One picture of a sprite sheet."""
    top = place // sprite["columns"] * (sprite["height"] + sprite["gap"])
    left = place % sprite["columns"] * (sprite["width"] + sprite["gap"])
    return sheet[top:top + sprite["height"], left:left + sprite["width"]]
