"""The figure of analysis/compare.py: for each target a row of samples of every method, evenly
picked by activation, each with a histogram of the activations and the window shaded (the first
neuron's, or of its probabilities, where the window is of these).
"""

import numpy as np

from charts import bin_edges
from geometry import spread_over
from invset_run import OUTSIDE
from sheet import OUTSIDE_COLOUR, SMALL, Row, Sheet, save
from words import title_of

WIDTH = 20.0  # cm
CHART = 1.5  # inches
BAR_COLOUR, WINDOW_COLOUR = "#4c4c4c", "#bfe3c8"


def draw(path, groups, names, columns, real):
    """`groups`: [[Target of each method]]; real: its name and the WindowPictures of the groups'
    targets, or None."""
    def make():
        made = [(title_of(group[0]), rows_of(t, group, names, columns, real))
                for t, group in enumerate(groups)]
        return Sheet(made, WIDTH, columns, chart=CHART)
    save(make, [path])


def rows_of(t, targets, names, columns, real):
    """[Row] of the t-th target."""
    sets = []  # words beside, activations and whether outside, of all; pictures and frames of some
    for name, target in zip(names, targets):
        slots = target.samples()
        values, outside = target.activation[slots, 0].astype(float), target.status[slots] == OUTSIDE
        shown = evenly(values, columns)
        sets.append((name, values, outside, target.pictures(slots[shown]), outside[shown],
                     "no sample (%s)" % target.outcome()))
    if real:
        values, places = real[1].of_window(t)
        shown, outside = evenly(values, columns), np.zeros(len(values), bool)
        sets.append((real[0], values, outside, real[1].shown(places[shown]), outside[shown],
                     "none in the window"))
    chart = charts_of([values for _, values, *_ in sets], targets[0].windows[0])
    return [Row(name, pictures, framed, otherwise, chart=chart(values, outside))
            for name, values, outside, pictures, framed, otherwise in sets]


def evenly(values, n):
    """Places of n of the values, evenly spread in their order from the lowest to the highest."""
    return spread_over(np.argsort(values, kind="stable"), n)


def charts_of(sets, window):
    """A function that makes a Row's chart of its values; all charts have the same bins."""
    values = np.concatenate(sets)
    if not len(values) or np.isnan(window).any():
        return lambda values, outside: None
    edges, ends = bin_edges(values, window), window[np.isfinite(window)]
    margin = 0.02 * (edges[-1] - edges[0])
    left, right = min(edges[0], *ends) - margin, max(edges[-1], *ends) + margin

    def chart(values, outside):
        def draw_in(axes):
            axes.axvspan(max(window[0], left), min(window[1], right), color=WINDOW_COLOUR,
                         linewidth=0)
            counts, *_ = axes.hist(np.clip(values, edges[0], edges[-1]), edges, color=BAR_COLOUR)
            axes.set_ylim(0, max(1, counts.max()) * (1.3 if outside.any() else 1.05))
            axes.set_xlim(left, right)
            axes.set_xticks(ends, ["%.4g" % end for end in ends], fontsize=SMALL)
            axes.set_yticks([])
            axes.tick_params(length=1.5, pad=1)
            for side in "top", "left", "right":
                axes.spines[side].set_visible(False)
            if outside.any():
                axes.text(1, 1, "%.0f %% outside" % (100 * outside.mean()), ha="right", va="top",
                          fontsize=SMALL, color=OUTSIDE_COLOUR, transform=axes.transAxes)
        return draw_in

    return chart
