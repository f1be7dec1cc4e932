"""Small parts that every part of the report shares: numbers and names in words, and tables.
Only table() makes HTML; what goes into a page must be escaped there."""

import numpy as np


def short(value):
    """An activation or a distance, "-" if there is none."""
    return "-" if np.isnan(value) else "%.4g" % value


def three_digits(value):
    """For rows of numbers below each other: always as many digits."""
    return "%.0f" % value if abs(value) >= 99.95 else "%#.3g" % value


def per(total, count):
    return "%.2f" % (total / count) if count else "-"


def count_of(n, noun):
    return "%d %s%s" % (n, noun, "" if n == 1 else "s")


def chain_name(chain):
    return "seed block" if chain < 0 else "chain %d" % chain


def window_text(window):
    return "%.6g to %.6g" % tuple(window)


def unit_names(target):
    """"fc8[7]", for each neuron."""
    return ["%s[%d]" % (target.blob, unit) for unit in target.neurons]


def neuron_names(target):
    """"sneaker (fc8[7])", for each neuron."""
    labels = target.label.split(" + ")
    if len(labels) != len(target.neurons):
        return unit_names(target)
    return ["%s (%s)" % pair for pair in zip(labels, unit_names(target))]


def table(head, rows, caption, foot=None):
    """Table whose first column names the rows.  Cells are HTML; in `head`, columns of words rather
    than numbers begin with a "<".  The caption is plain text without quotes and brackets."""

    def line(cells):
        marked = ("<td%s>%s" % (" class=words" if name[0] == "<" else "", cell)
                  for name, cell in zip(head[1:], cells[1:]))
        return "<tr><th scope=row>%s%s" % (cells[0], "".join(marked))

    heads = "".join("<th scope=col%s>%s" % (" class=words" if name[0] == "<" else "",
                                            name.lstrip("<")) for name in head)
    end = "<tfoot>" + line(foot) if foot else ""
    return ("<p class=soft>%s</p><div class=scroll role=region tabindex=0 aria-label='%s'><table>"
            "<thead><tr>%s<tbody>%s%s</table></div>"
            % (caption, caption, heads, "".join(map(line, rows)), end))


def spread_over(items, n):
    """n of an array's items in their order, evenly spread, with the first and the last."""
    if len(items) <= n:
        return items
    return items[np.rint(np.linspace(0, len(items) - 1, n)).astype(int)]
