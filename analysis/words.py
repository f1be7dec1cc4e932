"""Small parts that all pages and figures share: numbers and names in words, and tables.
Only table() makes HTML; what goes into a page must be escaped there."""

import numpy as np

from invset_run import ACTIVATION, split_label


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


def window_text(window, quantity=ACTIVATION):
    """"20 to 30", "<= 2", ">= 5" or "p in [0.5, 0.9]"."""
    low, high = window
    if quantity != ACTIVATION:
        return "p in [%.4g, %.4g]" % (low, high)
    if np.isinf(low):
        return "<= %.4g" % high
    return ">= %.4g" % low if np.isinf(high) else "%.4g to %.4g" % (low, high)


def windows_of(target, before_range=""):
    """Of each neuron in words, those of two sides behind a word.  A window that is relative to the
    neuron's reach is not known before that was looked for, and stays so if the reach is not above 0."""
    unknown = "out of reach" if target.out_of_reach() else "window not known yet"
    texts = [unknown if np.isnan(window).any() else window_text(window, quantity)
             for window, quantity in zip(target.windows, target.quantities)]
    return [before_range + text if " to " in text else text for text in texts]


def activation_goals(target):
    """"activation 20 to 30" for each neuron; what else windows_of() says stands alone."""
    return [text if np.isnan(window).any() or quantity != ACTIVATION else "activation " + text
            for text, window, quantity in zip(windows_of(target), target.windows, target.quantities)]


def quantity_name(target, m):
    return "activation" if target.quantities[m] == ACTIVATION else "probability"


def unit_names(target):
    """"fc8[7]" for each neuron, or "max of conv2[0..255]"."""
    return ["%s[%d]" % (blob, unit) if n == 1 else
            "max of %s[%d..%d]" % (blob, unit, unit + n - 1)
            for blob, unit, n in zip(target.blobs, target.neurons, target.units)]


def neuron_names(target):
    """"sneaker (fc8[7])" for each neuron, or "fc7[12]" alone if it has no other name."""
    labels = split_label(target.label)
    if len(labels) != len(target.neurons):
        return unit_names(target)
    return [unit if unit == label else "%s (%s)" % (label, unit)
            for label, unit in zip(labels, unit_names(target))]


def title_of(target):
    """"sneaker (fc8[7]), activation 17 to 35", with all its neurons."""
    return " and ".join(
        "%s, %s" % pair for pair in zip(neuron_names(target), activation_goals(target)))


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
