"""The tables of analysis/compare.py: by target, averages, least ratios; as text, Markdown and CSV.
Knows no run files and no metrics.
"""

import csv
import io
from dataclasses import dataclass, field

import numpy as np

# Key, head, format; those with a ratio are followed by it: the first method's value / the row's.
COLUMNS = (("found", "found", "%.0f"), ("samples", "compared", "%.0f"),
           ("share", "in window", "%.3f"), ("pairs", "pairwise", "%.2f"),
           ("nearest", "nearest", "%.2f"), ("vendi", "Vendi", "%.1f"),
           ("real", "real", "%.0f"), ("frechet", "Frechet", "%.1f"),
           ("precision", "precision", "%.3f"), ("recall", "recall", "%.3f"), ("steps", "steps", "%.2f"))
RATIOS = "pairs", "nearest", "frechet"
KEYS = tuple(key for key, _, _ in COLUMNS)
HEADS = {key: head for key, head, _ in COLUMNS}
MEAN, LEAST, GREATEST = "mean", "least ratio", "greatest ratio"


@dataclass
class Row:
    """One method's numbers at one target; what is not known is left out or NaN."""

    target: str
    method: str
    inside: bool  # only of the samples in the window
    values: dict
    ratios: dict = field(default_factory=dict)

    def number(self, key):
        return float(self.values.get(key, np.nan))


class Table:
    """All rows with their ratios, and what follows from them."""

    def __init__(self, rows, files, real, seconds, notes):
        """`files`: names of what the files' methods are, in order; the ratios are those of the
        first.  `real`: [name of the rows of real pictures] or [].  `seconds`: {method: per sample}.
        """
        self.files, self.methods = files, files + real
        self.seconds, self.notes = seconds, notes
        self.rows = rows
        for row in rows:
            first = next(other for other in rows if other.method == files[0]
                         and (other.target, other.inside) == (row.target, row.inside))
            if row is not first:
                row.ratios = {key: quotient(first.number(key), row.number(key)) for key in RATIOS}
        self.parts = [part for part in (False, True) if any(row.inside == part for row in rows)]

    def part(self, inside):
        return [row for row in self.rows if row.inside == inside]

    def grid(self, inside, number):
        """(targets, methods) of numbers of rows."""
        rows = self.part(inside)
        return np.array([[number(row) for row in rows if row.method == method]
                         for method in self.methods]).T

    def means(self, inside):
        """[Row] of each method: means over the targets at which all files have a number, but for
        files that have none anywhere.  Real pictures have a mean if they are known at all these."""
        made = [Row(MEAN, method, inside, {}) for method in self.methods]
        for key in KEYS:
            for row, mean in zip(made, self.mean(inside, lambda row: row.number(key))):
                row.values[key] = mean
        for key in RATIOS:
            means = self.mean(inside, lambda row: row.ratios.get(key, np.nan))
            for row, mean in zip(made, means):
                row.ratios[key] = mean
        return made

    def mean(self, inside, number):
        """(methods)"""
        grid = self.grid(inside, number)
        rows = self.compared(inside) & self.known_to_files(grid)
        return grid[rows].mean(0) if rows.any() else np.full(grid.shape[1], np.nan)

    def compared(self, inside):
        """(targets) whether the files are compared there."""
        return self.known_to_files(self.grid(inside, lambda row: row.number("pairs")))

    def known_to_files(self, grid):
        known = np.isfinite(grid[:, :len(self.files)])
        return known[:, known.any(0)].all(1) & known.any()

    def seconds_of(self, mean):
        """Of a method's row of means: per sample, whether in the window or not."""
        return np.nan if mean.inside else self.seconds.get(mean.method, np.nan)

    def extreme_ratios(self, inside):
        """[(method, {key: (least, its target, greatest, its target)})] of the other methods."""
        made = []
        for method in self.methods[1:]:
            found = {}
            for key in RATIOS:
                known = [(row.ratios[key], row.target) for row in self.part(inside)
                         if row.method == method and np.isfinite(row.ratios.get(key, np.nan))]
                if known:
                    found[key] = (*min(known), *max(known))
            made.append((method, found))
        return made


def quotient(a, b):
    return a / b if b > 0 else np.nan


def shown(value, form):
    return form % value if np.isfinite(value) else "-"


def cells(row):
    made = []
    for key, _, form in COLUMNS:
        made.append(shown(row.number(key), form))
        if key in RATIOS:
            made.append(shown(row.ratios.get(key, np.nan), "%.3f"))
    return made


def heads():
    return [head for key, name, _ in COLUMNS for head in [name] + ["ratio"] * (key in RATIOS)]


def sections(table):
    """[(title, heads, rows of texts)]; the first two columns are words."""
    made = []
    for inside in table.parts:
        which = "samples in the window" if inside else "all samples"
        made.append(("By target, %s" % which, ["target", "method"] + heads(),
                     [[row.target, row.method] + cells(row) for row in table.part(inside)]))
        means = [[row.method, ""] + cells(row) + [shown(table.seconds_of(row), "%.4f")]
                 for row in table.means(inside)]
        made.append(("Mean of %d targets, %s" % (table.compared(inside).sum(), which),
                     ["method", ""] + heads() + ["seconds"], means))
        extremes = [["%s / %s" % (table.methods[0], method), ""]
                    + [text for key in RATIOS for text in extreme_cells(found.get(key))]
                    for method, found in table.extreme_ratios(inside)]
        made.append(("Least and greatest ratio of a target, %s" % which, ["methods", ""] + [
            head for key in RATIOS for head in (HEADS[key] + ", least", "greatest")], extremes))
    return [part for part in made if part[2]]


def extreme_cells(found):
    if not found:
        return ["-", "-"]
    return ["%.3f (%s)" % found[:2], "%.3f (%s)" % found[2:]]


EXPLAINED = (
    "found: samples of the method at this target; compared: how many the numbers are of. pairwise, "
    "nearest: mean distance of encodings to all others, to the nearest. Vendi: of the cosine "
    "similarities of encodings. Frechet, precision, recall: against so many real pictures of the "
    "window, in features of the classifier. steps: sample-steps per sample found, with starts given "
    "up, probes and a share of the pool of starts. seconds: of a rank, per sample of the file, "
    "without pool and probes. ratio: %s / method of the row.")


def as_text(table):
    lines = []
    for title, head, rows in sections(table):
        keep = told(rows)
        words = sum(i < 2 for i in keep)
        cut = [[line[i] for i in keep] for line in [head] + rows]
        widths = [max(map(len, column)) for column in zip(*cut)]
        lines += [title, *(line_of_text(line, widths, words) for line in cut), ""]
    lines += [EXPLAINED % table.methods[0]] + table.notes
    return "\n".join(lines) + "\n"


def told(rows):
    """Columns that say something."""
    return [i for i in range(len(rows[0])) if any(row[i] not in ("", "-") for row in rows)]


def line_of_text(line, widths, words):
    """The first columns, of words, to the left; all others to the right."""
    return "  ".join(text.ljust(width) if i < words else text.rjust(width)
                     for i, (text, width) in enumerate(zip(line, widths))).rstrip()


def as_markdown(table):
    lines = []
    for title, head, rows in sections(table):
        keep = told(rows)
        lines += ["**%s**" % title, ""]
        for line in [head] + [["---"] * len(head)] + rows:
            lines.append("| %s |" % " | ".join(line[i].replace("|", "\\|") for i in keep))
        lines.append("")
    lines += [EXPLAINED % table.methods[0], ""] + ["- " + note for note in table.notes]
    return "\n".join(lines) + "\n"


def as_csv(table):
    """A row for each target and method, and for each mean and extreme ratio; numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["samples_of", "target", "method", *KEYS, *(key + "_ratio" for key in RATIOS),
                     "seconds"])

    def write(row, seconds=np.nan):
        numbers = [row.number(key) for key in KEYS]
        numbers += [row.ratios.get(key, np.nan) for key in RATIOS] + [seconds]
        writer.writerow(["window" if row.inside else "all", row.target, row.method]
                        + ["%.8g" % x if np.isfinite(x) else "" for x in numbers])

    for inside in table.parts:
        for row in table.part(inside):
            write(row)
        for row in table.means(inside):
            write(row, table.seconds_of(row))
        for method, found in table.extreme_ratios(inside):
            for name, place in (LEAST, 0), (GREATEST, 2):
                write(Row(name, method, inside, {}, {key: found[key][place] for key in found}))
    return text.getvalue()
