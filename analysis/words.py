"""Small parts that all pages and figures share: numbers and names in words, and tables.
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
    return "%.4g to %.4g" % tuple(window)


def windows_of(target):
    """Of each neuron in words.  A window that is relative to the neuron's reach is not known before
    that was looked for, and stays so if the reach is not above 0."""
    unknown = "out of reach" if target.out_of_reach() else "window not known yet"
    return [unknown if np.isnan(window).any() else window_text(window)
            for window in target.windows]


def unit_names(target):
    """"fc8[7]" for each neuron, or "max of conv2[0..255]"."""
    return ["%s[%d]" % (target.blob, unit) if n == 1 else
            "max of %s[%d..%d]" % (target.blob, unit, unit + n - 1)
            for unit, n in zip(target.neurons, target.units)]


def neuron_names(target):
    """"sneaker (fc8[7])" for each neuron, or "fc7[12]" alone if it has no other name."""
    labels = target.label.split(" + ")
    if len(labels) != len(target.neurons):
        return unit_names(target)
    return [unit if unit == label else "%s (%s)" % (label, unit)
            for label, unit in zip(labels, unit_names(target))]


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
