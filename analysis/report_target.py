"""The report's section on one target: words, contact sheet, charts and cost."""

from html import escape

import numpy as np

import report_charts
import report_pictures
from invset_run import ACCEPTED, EMPTY, NOT_REACHED
from report_text import (chain_name, count_of, neuron_names, per, short, spread_over, table,
                         three_digits, unit_names, window_text)

MOST_CHAINS = 10  # with a row of their own
MOST_IN_SPREAD = 2000  # samples; work and memory grow with the square of it
ATTEMPTS = 12  # pictures of a target that was not reached
EXAMPLES = 6  # pictures in the table of all targets
PICTURE_SIDE = 56  # CSS pixels of a picture's longer side, at least


class Section:
    """A target with the pictures that are shown of it."""

    def __init__(self, run, target, factor, most_pictures):
        self.run, self.target, self.factor = run, target, factor
        accepted = target.accepted()
        by_activation = accepted[np.argsort(target.activation[accepted, 0], kind="stable")]
        self.shown = spread_over(by_activation, most_pictures)
        if not len(accepted):
            self.shown = target.by_gap()[: min(ATTEMPTS, most_pictures)]
        self.uris = {slot: report_pictures.data_uri(report_pictures.shrink(picture, factor))
                     for slot, picture in run.pictures(target.number, self.shown).items()}

    def examples(self):
        """A few accepted pictures, for the table of all targets; the section has them in words."""
        if not len(self.target.accepted()):
            return ""
        return "".join('<img src="%s" alt="">' % self.uris[slot]
                       for slot in spread_over(self.shown, EXAMPLES))

    def html(self):
        target = self.target
        goals = ", ".join("%s from %s" % (name, window_text(window))
                          for name, window in zip(unit_names(target), target.windows))
        head = ('<section id="target-%d"><h2>%s <small>%s</small></h2><p>%s</p>'
                % (target.number, escape(target.label), escape(goals), sentences(target)))
        if not len(target.filled()):
            return head + "</section>"
        panels = histograms(target) + [spread(self.run, target), cost(target)]
        return ("%s%s<h3>Activation, spread and cost</h3><div class=panels>%s</div>"
                '<p><a href="#targets">Back to all targets</a></p></section>'
                % (head, self._sheet(), "".join(panels)))

    def _sheet(self):
        n, n_shown = len(self.target.accepted()), len(self.shown)
        if n:
            head, kind = "Accepted samples", "accepted sample"
            text = "All %d" % n if n == n_shown else "%d of the %d, evenly chosen" % (n_shown, n)
            text += ", by activation (the number below each), lowest first."
        else:
            head, kind = "Best attempts, none of them accepted", "attempt, not accepted"
            text = "Those whose activation (the number below each) is nearest to the window."
        if self.factor > 1:
            text += " They are shown at 1/%d of their size." % self.factor
        return ("<h3>%s</h3><p class=soft>%s Point at a picture for its slot and chain.</p>"
                "<ul class=sheet>%s</ul>"
                % (head, text, "".join(self._item(slot, kind) for slot in self.shown)))

    def _item(self, slot, kind):
        values = self.target.activation[slot]
        words = "activation %s, slot %d, %s" % (", ".join(map(short, values)), slot,
                                                chain_name(self.target.chain[slot]))
        height, width = (side // self.factor for side in self.run.picture_shape[:2])
        zoom = -(-PICTURE_SIDE // max(height, width))
        return ('<li><img src="%s" width=%d height=%d alt="%s: %s" title="%s">'
                "<span aria-hidden=true>%s</span>"
                % (self.uris[slot], width * zoom, height * zoom, kind, words, words,
                   three_digits(values[0])))


def missed_sentence(target, others):
    """How near to the window the best of the slots came that were not reached; there may be others
    that were."""
    best = target.best_activation(NOT_REACHED)
    low, high = target.windows[0]
    where = ("%.4g below" % (low - best) if best < low else
             "%.4g above" % (best - high) if best > high else "inside")
    of, its = " of the others" if others else "", "the window"
    if len(target.neurons) > 1:
        of += " of " + escape(neuron_names(target)[0])
        its = "its window (all neurons must be in theirs at once)"
    return ("The best activation%s is %s, %s %s. Perhaps no picture within the bounds of the code "
            "(sampling.code_min, code_max) gets there, or starts were given up too early "
            "(sampling.max_steps, max_starts)." % (of, short(best), where, its))


def sentences(target):
    n, n_missed = len(target.accepted()), int((target.status == NOT_REACHED).sum())
    texts = []
    if target.outcome() == "not finished":
        texts.append("Not finished: %d of %s are there." % (target.n_blocks_done,
                                                            count_of(target.n_blocks, "block")))
    if n:
        values = target.activation[target.accepted(), 0].astype(float)
        of = " of " + escape(neuron_names(target)[0]) if len(target.neurons) > 1 else ""
        numbers = tuple(map(short, (values.mean(), values.std(), values.min(), values.max())))
        texts.append("%d of %s accepted. Activation%s: mean %s, standard deviation %s, lowest %s, "
                     "highest %s." % ((n, count_of(len(target.status), "sample"), of) + numbers))
    if n_missed:
        outcome, n_in = ("Partly reached", n) if n else ("Not reached", "none")
        texts.append("<strong>%s:</strong> of %s tried, %s got into the window. %s"
                     % (outcome, count_of(n + n_missed, "sample"), n_in,
                        missed_sentence(target, n > 0)))
    return " ".join(texts)


def axis_label(target, m):
    """Of neuron number m, short enough for a chart."""
    label = "activation of %s, before softmax"
    full = label % neuron_names(target)[m]
    return full if len(full) <= 52 else label % unit_names(target)[m]


def histograms(target):
    """One figure for each neuron."""
    figures = []
    accepted, missed = target.status == ACCEPTED, target.status == NOT_REACHED
    text = "How many samples have which activation. The window is shaded, its edges are dashed."
    if missed.any():
        text += " Filled: accepted. Hollow: not reached (the best attempt)."
    for m, window in enumerate(target.windows):
        values = target.activation[:, m]
        finite = np.isfinite(values)  # an attempt may have failed with no number as its result
        if not finite.any():
            continue
        svg = report_charts.histogram(values[accepted & finite], values[missed & finite], window,
                                      axis_label(target, m))
        figures.append("<figure>%s<figcaption>%s</figcaption></figure>" % (svg, text))
    return figures


def mean_distances(encodings):
    """n = 2, 3, ... and the mean pairwise Euclidean distance of the first n encodings."""
    squares = (encodings**2).sum(1)
    products = encodings @ encodings.T
    distances = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * products, 0))
    n = np.arange(2, len(encodings) + 1)
    return n, np.cumsum(np.tril(distances, -1).sum(1))[1:] / (n * (n - 1) / 2)


def spread(run, target):
    """Figure of how far apart the samples are."""
    slots = target.accepted()[:MOST_IN_SPREAD]
    if not run.with_encodings:
        return ("<p class=soft>How far apart the samples are cannot be shown: the run was made "
                "without encodings (output.encodings = false).</p>")
    if len(slots) < 3:
        return ""
    n, means = mean_distances(run.encodings(target.number, slots))
    points = spread_over(np.arange(len(n)), 300)
    n_seeds = int((target.chain[slots] < 0).sum())
    svg = report_charts.curve(n[points], means[points], "n, number of accepted samples",
                              "mean pair distance (encoder units)", n_seeds)
    return ("<figure>%s<figcaption>How far apart the first n accepted samples are, in slot order: "
            "mean Euclidean distance of the encodings of all their pairs, in the units of the "
            "encoder’s output.</figcaption></figure>" % svg)


def cost_row(name, target, slots):
    n, steps = int((target.status[slots] == ACCEPTED).sum()), target.steps[slots].sum()
    return [name, "%d / %d" % (n, len(slots)), "%.1f" % steps, per(steps, n),
            "%d" % target.restarts[slots].sum()]


def cost(target):
    """Table of the work by chain: those that took most, if there are many."""
    filled = target.filled()
    chain = target.chain[filled]
    chains = np.unique(chain)
    steps = [target.steps[filled[chain == c]].sum() for c in chains]
    listed = sorted(chains[np.argsort(steps)[::-1][:MOST_CHAINS]])
    rows = [cost_row(chain_name(c), target, filled[chain == c]) for c in listed]
    if len(listed) < len(chains):
        rest = filled[~np.isin(chain, listed)]
        rows.append(cost_row("%d other chains" % (len(chains) - len(listed)), target, rest))
    head = ["<Chain", "Accepted / tried", "Sample-steps", "Steps&nbsp;per accepted", "Restarts"]
    return "<div>%s</div>" % table(head, rows, "Work by chain, without the pool of starts.",
                                   cost_row("all", target, filled))
