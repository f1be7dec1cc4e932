"""Reading a report back: its sections, tables and pictures, without the code that wrote it."""

import base64
import html.parser
import re
import struct
import zlib

import numpy as np


class Page(html.parser.HTMLParser):
    """texts: {id of section: words}; tables: {id: [[cell]]}; pictures: {id: [(slot, activation,
    pixels)]} of the contact sheet; svg: {id: [alt text]}; tips: {id: [title of a bar]}."""

    def __init__(self, path):
        super().__init__()
        self.texts, self.tables, self.pictures, self.svg, self.tips = {}, {}, {}, {}, {}
        self.attributes, self.tags = [], set()
        self._id, self._in_cell, self._in_tip, self._in_list = "head", False, False, False
        with open(path, encoding="utf-8") as file:
            self.source = file.read()
        self.feed(self.source)

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
        elif tag == "img" and self._in_list:
            self._add_picture(attrs)
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag in ("a", "code", "br", "img"))
        self._in_list = self._in_list or tag == "ul"
        self._in_tip = tag == "title"

    def handle_endtag(self, tag):
        self._in_list = self._in_list and tag != "ul"
        self._in_cell = self._in_cell and tag != "table"
        if tag == "title":
            self._in_tip = False
        if tag == "section":
            self._id = "between"

    def handle_data(self, data):
        self.texts[self._id] = self.texts.get(self._id, "") + data
        if self._in_cell:
            self.tables[self._id][-1][-1] += data
        if self._in_tip:
            self.tips.setdefault(self._id, []).append(data)

    def _add_picture(self, attrs):
        words = re.search(r"activation ([-\d.e+]+).*, slot (\d+),", attrs["alt"])
        activation, slot = words.groups()
        self.pictures.setdefault(self._id, []).append(
            (int(slot), float(activation), decode_png(attrs["src"])))


def decode_png(uri):
    """Pixels of an 8-bit grey or RGB picture (filters none and up), (H, W) or (H, W, 3)."""
    kind, data = uri.split(",")
    data = base64.b64decode(data, validate=True)
    if kind != "data:image/png;base64" or data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG: " + uri[:40])
    chunks, at = {}, 8
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + size
        if zlib.crc32(data[at + 4:end]) != struct.unpack_from(">I", data, end)[0]:
            raise ValueError("wrong CRC")
        chunks[name] = data[at + 8:end]
        at = end + 4
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    if depth != 8 or colour not in (0, 2):
        raise ValueError("depth %d, colour type %d" % (depth, colour))
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    rows = np.zeros((height, lines.shape[1] - 1), np.uint8)
    for y, line in enumerate(lines):
        above = rows[y - 1] if y and line[0] == 2 else 0
        if line[0] not in (0, 2):
            raise ValueError("filter %d" % line[0])
        rows[y] = line[1:] + above
    return rows.reshape((height, width) if colour == 0 else (height, width, 3))
