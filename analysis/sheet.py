"""A figure of rows of pictures under titles, with matplotlib: text is text, sizes are a paper's.
Knows no run files.
"""

import functools
from dataclasses import dataclass

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from invset_run import RunError

KINDS = ".pdf", ".png", ".svg"
DPI = 300
INCH, POINTS = 2.54, 72  # cm and points of an inch
TEXT, SMALL = 8, 6  # points
EDGE = 0.03  # inches left free at both sides
MOST_BESIDE = 0.3  # of the width, for the words beside rows
OUTSIDE_COLOUR = "#d62728"  # frame of a picture that is not in the window
STYLE = {"font.family": "DejaVu Sans", "pdf.fonttype": 42, "svg.fonttype": "none",  # text is text
         "image.composite_image": False}  # a picture is a picture


@dataclass
class Row:
    """Pictures in a line."""

    beside: str  # words to the left
    pictures: np.ndarray  # (n, H, W, 3)
    framed: np.ndarray  # (n) whether a picture is outside the window
    otherwise: str  # words where there is no picture
    numbers: list = None  # (n) texts below the pictures
    chart: object = None  # what draws into the axes to the right, a function of these


@functools.lru_cache
def inches(words, points, weight="normal"):
    """Width of a text."""
    if not words:
        return 0
    x = TextPath((0, 0), words, size=points, prop={"weight": weight}).vertices[:, 0]
    return np.ptp(x) / POINTS


class Sheet:
    """A Figure that is filled from the top down, in inches."""

    def __init__(self, groups, width, columns, numbers=False, chart=0.0):
        """`groups`: [(title, [Row])]; width: cm; chart: inches kept free for charts."""
        rows = [row for _, members in groups for row in members]
        self.numbers = numbers
        self.width = width / INCH
        longest = max(inches(row.beside, TEXT) for row in rows)
        beside = min(longest + 0.1, MOST_BESIDE * self.width) if longest else 0
        self.left, self.chart = EDGE + beside, chart
        self.cell = (self.width - self.left - EDGE - chart) / columns
        shape = next((row.pictures.shape[1:] for row in rows if row.pictures.ndim == 4), (1, 1))
        self.tall = self.cell * shape[0] / shape[1]
        self.title, self.below, self.gap = 0.2, 0.12 if numbers or chart else 0.02, 0.06
        self.height = (len(groups) * (self.title + self.gap)
                       + len(rows) * (self.tall + self.below))
        self.figure = Figure(figsize=(self.width, self.height))
        self.y = self.height
        for words, members in groups:
            self.text(EDGE, self.title / 2, words, self.width - 2 * EDGE, weight="bold")
            self.y -= self.title
            for row in members:
                self.row(row, beside)
                self.y -= self.tall + self.below
            self.y -= self.gap

    def text(self, x, down, words, room, **style):
        """A line of text so far below the current place, made smaller if it is too long."""
        wide = inches(words, TEXT, style.get("weight", "normal"))
        self.figure.text(x / self.width, (self.y - down) / self.height, words, va="center",
                         fontsize=TEXT * min(1, room / wide) if wide else TEXT, **style)

    def axes(self, x, wide):
        """Axes of the current row's height."""
        return self.figure.add_axes((x / self.width, (self.y - self.tall) / self.height,
                                     wide / self.width, 0.96 * self.tall / self.height))

    def row(self, row, beside):
        self.text(EDGE, self.tall / 2, row.beside, beside - 0.1)
        if not len(row.pictures):
            self.text(self.left, self.tall / 2, row.otherwise,
                      self.width - self.left - self.chart, style="italic")
        else:
            self.draw_pictures(row)
        if row.chart:
            row.chart(self.axes(self.width - EDGE - self.chart + 0.1, self.chart - 0.15))

    def draw_pictures(self, row):
        """All in the same axes, whose unit is a cell: axes of their own take 40 ms each."""
        n = len(row.pictures)
        axes = self.axes(self.left, n * self.cell)
        for i, picture in enumerate(row.pictures):
            axes.imshow(picture, interpolation="none", extent=(i, i + 0.96, 0, 1))
            if row.framed[i]:
                axes.add_patch(Rectangle((i, 0), 0.96, 1, fill=False, edgecolor=OUTSIDE_COLOUR,
                                         linewidth=1.2, clip_on=False, zorder=3))
            if self.numbers:
                axes.text(i + 0.48, -0.03, row.numbers[i], fontsize=SMALL, ha="center", va="top")
        axes.set(xlim=(0, n), ylim=(0, 1), aspect="auto")
        axes.set_axis_off()


def save(make, paths):
    """Write the Sheet that `make` makes to all paths, each of one of KINDS."""
    with matplotlib.rc_context(STYLE):
        figure = make().figure
        for path in paths:
            try:
                figure.savefig(path, dpi=DPI)
            except OSError as error:
                raise RunError("cannot write '%s': %s" % (path, error.strerror)) from None
