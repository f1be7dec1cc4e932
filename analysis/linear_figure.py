"""The figure of linear_logistic.py: for each target the neuron's weights, pictures of the uniform
set and of the samples, their activations, and the ratios by direction."""

import matplotlib

matplotlib.use("Agg")
import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from geometry import spread_over  # noqa: E402
from invset_run import RunError  # noqa: E402

SHOWN = 3  # pictures of each set
BINS = 40
WIDTH = 10  # inches
UNIFORM, SAMPLES = "#7f7f7f", "#1f77b4"
STYLE = {"font.family": "DejaVu Sans", "font.size": 7, "axes.titlesize": 7, "axes.spines.top": False,
         "axes.spines.right": False, "axes.linewidth": 0.6}


def draw_pictures(figure, grid, comparison):
    """In a grid of two rows: the weights beside rows of uniform pictures and of samples."""
    target, shape = comparison.target, comparison.target.run.picture_shape
    weights = comparison.slab.weights.reshape(shape)
    largest = np.abs(weights).max()
    panels = [figure.add_subplot(grid[:, 0])]
    panels[0].imshow(weights, cmap="RdBu_r", vmin=-largest, vmax=largest)
    panels[0].set_title("%s, %g to %g: weights" % (target.label, *target.windows[0]))
    for row, (name, pictures) in enumerate((("uniform", comparison.uniform),
                                            ("samples", comparison.samples))):
        for i, picture in enumerate(spread_over(pictures, SHOWN)):
            axes = figure.add_subplot(grid[row, 1 + i])
            axes.imshow(picture.reshape(shape), cmap="gray", vmin=0, vmax=255)
            if i == 0:
                axes.set_ylabel(name, labelpad=1)
            panels.append(axes)
    for axes in panels:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)


def draw_activations(axes, comparison):
    edges = np.linspace(*comparison.target.windows[0], BINS + 1)
    for name, pictures, color in (("uniform", comparison.uniform, UNIFORM),
                                  ("samples", comparison.samples, SAMPLES)):
        axes.hist(comparison.slab.activation(pictures), edges, density=True, label=name, alpha=0.6,
                  color=color)
    axes.set_yticks([])
    axes.set_xlim(edges[0], edges[-1])
    axes.legend(frameon=False)
    axes.set_title("activation, the whole window")


def draw_ratios(axes, comparison):
    (samples, control), (weights, _) = (comparison.ratios[kind] for kind in ("uniform", "weights"))
    number = np.arange(1, len(samples) + 1)
    axes.plot(number, control, ".", markersize=1.5, color=UNIFORM, label="as many uniform")
    axes.plot(number, samples, ".", markersize=1.5, color=SAMPLES, label="samples")
    axes.plot([1.03 * len(samples)], weights, "o", markersize=3.5, color="black",
              label="samples, along the weights")
    axes.set_yscale("log")
    axes.set_ylim(min(0.4, 0.8 * weights[0]), max(4, 2.5 * weights[0]))
    axes.set_yticks([0.5, 1, 2, 5], labels=["0.5", "1", "2", "5"])
    axes.set_yticks([], minor=True)
    axes.grid(axis="y", linewidth=0.4)
    axes.legend(frameon=False, markerscale=2, ncol=3, loc="upper left", columnspacing=0.8,
                handletextpad=0)
    axes.set_title("deviation / the uniform's, along its %d principal directions" % len(samples))


def draw(comparisons, path):
    with matplotlib.rc_context(STYLE):
        n = len(comparisons)
        height = 0.2 + 1.85 * n
        figure = Figure(figsize=(WIDTH, height))
        whole = figure.add_gridspec(n, 1, hspace=0.35, left=0.01, right=0.99, top=1 - 0.25 / height,
                                    bottom=0.25 / height)
        for row, comparison in enumerate(comparisons):
            grid = whole[row].subgridspec(1, 3, width_ratios=[4.6, 2.2, 4], wspace=0.1)
            pictures = grid[0].subgridspec(2, SHOWN + 1, width_ratios=[2.4] + SHOWN * [1],
                                           wspace=0.2, hspace=0.06)
            draw_pictures(figure, pictures, comparison)
            draw_activations(figure.add_subplot(grid[1]), comparison)
            draw_ratios(figure.add_subplot(grid[2]), comparison)
        try:
            figure.savefig(path, dpi=150)
        except (OSError, ValueError) as error:
            raise RunError("cannot write '%s': %s" % (path, error)) from None
