#!/usr/bin/python3
"""Draw figures for a paper from run files: rows of samples with what they are.

    analysis/figure.py rows A.h5 B.h5 --method ours --method theirs --target sneaker -o f.pdf
    analysis/figure.py intersection RUN.h5 --target "shirt + coat" -o f.pdf -o f.png

`rows`: for each target a row of samples of each run.  `intersection`: for a target of several
neurons, rows of the sets of each neuron alone, where a run has them, and of all at once.  Samples
are in the order of `invset montage`: each the farthest from those before it.  The kind of each
file goes by its name (.pdf, .png, .svg); give -o for each.  Needs Debian's python3-h5py,
python3-numpy and python3-matplotlib.
"""

import argparse
import os
import sys

try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib.figure import Figure
    from matplotlib.textpath import TextPath

    import geometry
    from invset_run import RunError, open_run
    from pages import check_output, exit_code, positive
    from words import activation_goals, neuron_names
except ImportError as missing:
    print("figure.py: %s; install Debian's python3-h5py, python3-numpy and python3-matplotlib, and "
          "start it with /usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

KINDS = ".pdf", ".png", ".svg"
DPI = 300
INCH, POINTS = 2.54, 72  # cm and points of an inch
TEXT, SMALL = 8, 6  # points
EDGE = 0.03  # inches left free at both sides
MOST_BESIDE = 0.3  # of the width, for the methods' names
MOST_IN_ORDER = 2000  # samples that a row chooses from
STYLE = {"font.family": "DejaVu Sans", "pdf.fonttype": 42, "svg.fonttype": "none"}  # text is text


class Row:
    """A row of pictures: what is written above and beside it, and the slots it shows."""

    def __init__(self, target, beside, n):
        self.target, self.beside = target, beside
        slots = target.accepted()[:MOST_IN_ORDER]
        if len(slots):
            space = target.encodings if target.run.with_encodings else target.codes
            slots = slots[geometry.spread_order(space(slots))][:n]
        self.slots = slots


def title_of(target):
    """"sneaker (fc8[7]), activation 17 to 35", with all its neurons."""
    return " and ".join(
        "%s, %s" % pair for pair in zip(neuron_names(target), activation_goals(target)))


def rows_of_methods(runs, args):
    """[(title, [Row])] for each target, one row for each run that has it."""
    methods = args.method or [os.path.splitext(os.path.basename(run.path))[0] for run in runs]
    if len(methods) != len(runs):
        raise RunError("%d --method for %d run files; wanted one for each, in their order"
                       % (len(methods), len(runs)))
    groups = {}
    for run, method in zip(runs, methods):
        chosen = run.targets(args.target)
        chosen.sort(key=lambda target: place_in(args.target, target))
        for target in chosen:
            beside = method if len(runs) > 1 or args.method else ""
            groups.setdefault(title_of(target), []).append(Row(target, beside, args.columns))
    return list(groups.items())


def place_in(wanted, target):
    """Number of the first of the wanted names that a target has."""
    return next((i for i, name in enumerate(wanted) if name in target.names()), 0)


def rows_of_intersection(runs, args):
    """[(title, [Row])]: each neuron alone, then all at once."""
    targets = [target for run in runs for target in run.targets()]
    groups = []
    for name in args.target or [t.label for t in targets if len(t.neurons) > 1]:
        whole = next((t for t in targets if t.label == name), None)
        if whole is None or len(whole.neurons) < 2:
            raise RunError("--target '%s': no run has this target of several neurons; they have %s"
                           % (name, ", ".join(sorted({t.label for t in targets if
                                                      len(t.neurons) > 1})[:20]) or "none"))
        alone = [next((t for t in targets if t.blobs == [blob] and t.neurons == [neuron]), None)
                 for blob, neuron in zip(whole.blobs, whole.neurons)]
        groups += [(title_of(t), [Row(t, "", args.columns)]) for t in alone if t]
        groups.append(("All at once: " + title_of(whole), [Row(whole, "", args.columns)]))
    if not groups:
        raise RunError("no run has a target of several neurons")
    return groups


def inches(words, points, weight="normal"):
    """Width of a text."""
    if not words:
        return 0
    path = TextPath((0, 0), words, size=points, prop={"weight": weight})
    return path.get_extents().width / POINTS


class Sheet:
    """A Figure that is filled from the top down, in inches."""

    def __init__(self, groups, args):
        rows = [row for _, members in groups for row in members]
        self.numbers = args.numbers
        self.width = args.width / INCH
        longest = max(inches(row.beside, TEXT) for row in rows)
        beside = min(longest + 0.1, MOST_BESIDE * self.width) if longest else 0
        self.left = EDGE + beside
        self.cell = (self.width - self.left - EDGE) / args.columns
        shape = rows[0].target.run.picture_shape
        self.tall = self.cell * shape[0] / shape[1]
        self.title, self.below, self.gap = 0.2, 0.12 if args.numbers else 0.02, 0.06
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

    def row(self, row, beside):
        self.text(EDGE, self.tall / 2, row.beside, beside - 0.1)
        if not len(row.slots):
            self.text(self.left, self.tall / 2, "no accepted sample (%s)" % row.target.outcome(),
                      self.width - self.left, style="italic")
        for i, picture in enumerate(row.target.pictures(row.slots)):
            x, y = self.left + i * self.cell, self.y - self.tall
            axes = self.figure.add_axes((x / self.width, y / self.height,
                                         0.96 * self.cell / self.width,
                                         0.96 * self.tall / self.height))
            axes.imshow(picture, interpolation="none", aspect="auto")
            axes.set_axis_off()
            if self.numbers:
                values = row.target.activation[row.slots[i]]
                axes.text(0.5, -0.03, ", ".join("%#.3g" % value for value in values),
                          fontsize=SMALL, ha="center", va="top", transform=axes.transAxes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("figure", choices=["rows", "intersection"], help="which figure")
    parser.add_argument("runs", metavar="RUN.h5", nargs="+", help="run files of `invset sample`")
    parser.add_argument("-o", "--output", metavar="FILE", action="append", required=True,
                        help="the figure, %s; may be given several times" % ", ".join(KINDS))
    parser.add_argument("--target", metavar="NAME", action="append", default=[],
                        help="only these targets; may be given several times")
    parser.add_argument("--method", metavar="NAME", action="append", default=[],
                        help="what made each run (default: the files' names)")
    parser.add_argument("--columns", type=positive, default=10, metavar="N",
                        help="pictures in a row (%(default)s)")
    parser.add_argument("--width", type=float, default=17.0, metavar="CM",
                        help="width of the figure (%(default)s cm, two columns of a paper)")
    parser.add_argument("--numbers", action="store_true", help="write the activation below each")
    args = parser.parse_args()
    return exit_code(lambda: write_figure(args))


def write_figure(args):
    for path in args.output:
        check_output(path, args.runs)
        if os.path.splitext(path)[1] not in KINDS:
            raise RunError("-o '%s': wanted a name that ends in %s" % (path, " or ".join(KINDS)))
    if not 5 <= args.width <= 200:
        raise RunError("--width %g: wanted 5 to 200 cm" % args.width)
    runs = [open_run(path) for path in args.runs]
    make = rows_of_methods if args.figure == "rows" else rows_of_intersection
    with matplotlib.rc_context(STYLE):
        figure = Sheet(make(runs, args), args).figure
        for path in args.output:
            try:
                figure.savefig(path, dpi=DPI)
            except OSError as error:
                raise RunError("cannot write '%s': %s" % (path, error.strerror)) from None


if __name__ == "__main__":
    sys.exit(main())
