#!/usr/bin/python3
"""Spread of a run's samples beside that of real pictures in the same window.

For each target: mean pairwise distance and mean nearest-neighbour distance of the encodings of the
accepted samples, divided by those of as many real training pictures (the first ones of the class
whose activation is in the window).  Real pictures are Debian's dataset-fashion-mnist; activations
and encodings come from `invset forward` with the run's own models.

    analysis/spread.py out/fashion-all.h5
"""

import argparse
import os
import sys

import numpy as np

import geometry
from invset_run import RunError, open_run
from pages import exit_code
from real_pictures import Nets, read_idx

DATA = "/usr/share/datasets/fashion-mnist"


def pair_and_neighbour_distance(encodings):
    """Mean pairwise and mean nearest-neighbour Euclidean distance."""
    pairs = geometry.distances(encodings)
    mean = geometry.mean_distance(pairs)
    np.fill_diagonal(pairs, np.inf)
    return mean, pairs.min(1).mean()


def compare(run, program, n_pictures):
    images = read_idx(os.path.join(DATA, "train-images-idx3-ubyte.gz"))[:n_pictures]
    classes = read_idx(os.path.join(DATA, "train-labels-idx1-ubyte.gz"))[:n_pictures]
    nets = Nets(run, program)
    activations = nets.blob("classifier", "fc8", images)

    print("%-12s %8s %8s %8s %8s %8s %8s" % ("target", "samples", "steps", "pairs", "of real",
                                               "nearest", "of real"))
    steps, rows, n_accepted, work = [], [], 0, np.nan_to_num(run.pool_steps)
    for target in run.targets():
        unit, (low, high), n = target.neurons[0], target.windows[0], len(target.accepted())
        if n < 2:
            print("%-12s %8d" % (target.label, n))
            continue
        inside = (classes == unit) & (activations[:, unit] >= low) & (activations[:, unit] <= high)
        real = np.flatnonzero(inside)[:n]
        if len(real) < n:
            raise RunError("%s: only %d of %d real pictures in the window; raise --pictures" %
                           (target.label, len(real), n))
        ours = pair_and_neighbour_distance(target.encodings())
        theirs = pair_and_neighbour_distance(nets.encodings(images[real]))
        steps.append(target.steps.sum() / n)
        rows.append((ours[0] / theirs[0], ours[1] / theirs[1]))
        n_accepted, work = n_accepted + n, work + target.steps.sum()
        print("%-12s %8d %8.2f %8.2f %8.3f %8.2f %8.3f" % (target.label, n, steps[-1], ours[0],
                                                           rows[-1][0], ours[1], rows[-1][1]))
    if not rows:
        raise RunError("'%s' has no target with two accepted samples" % run.path)
    rows = np.array(rows)
    print("sample-steps per accepted sample: %.2f with the pool, median target %.2f without it" %
          (work / n_accepted, np.median(steps)))
    print("mean pairwise distance / real: mean %.3f, least %.3f; nearest neighbour / real: "
          "mean %.3f, least %.3f" % (rows[:, 0].mean(), rows[:, 0].min(),
                                     rows[:, 1].mean(), rows[:, 1].min()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run", help="run file with fc8 targets of the bundled models")
    parser.add_argument("--invset", default="build/invset", help="the program (%(default)s)")
    parser.add_argument("--pictures", type=int, default=8000,
                        help="how many training pictures to look through (%(default)s)")
    args = parser.parse_args()
    return exit_code(lambda: compare(open_run(args.run), args.invset, args.pictures))


if __name__ == "__main__":
    sys.exit(main())
