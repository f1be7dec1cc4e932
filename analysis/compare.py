#!/usr/bin/python3
"""Compare what different methods make of the same targets, as tables and as a figure.

    analysis/compare.py OURS.h5 THEIRS.h5 --figure out/compare.png --table out/compare.md

For each target and each run file: how many samples there are, how many of them in the window; how
they spread (mean pairwise and nearest-neighbour distance of the encodings, Vendi score of their
cosine similarities); how real they look beside the real pictures of the same window (Frechet
distance, precision and recall of features of the classifier); and what a sample cost.  "ratio" is
the first file's value divided by that of the row.  Samples are compared with every second real
picture of the window, "real" in number, but for those that are samples themselves; the row "real
pictures" is a set of the others, as many as the first file has samples.

All samples of a method count, in the window or not.  Where some are outside, tables of those inside
follow.  Nearest neighbours, Vendi score, Frechet distance and recall hang on the number of samples:
so at each target all files are cut to as many as the one with fewest has, evenly spread over its
slots.  --all leaves that out.  --steps cuts at equal work instead: at each target a file keeps, in
the order of making, what the sample-steps of the file that took least there pay for, with the
target's share of the pool of starts, its probes, and all starts given up; there numbers differ, and
only pairwise distances and precision may be compared directly.

Needs Debian's python3-h5py, python3-numpy, for --figure also python3-matplotlib, and a data set
such as dataset-fashion-mnist.  Start it where the runs were started: their models' paths count.
"""

import argparse
import os
import sys

try:
    import numpy as np

    from compare_tables import Table, as_csv, as_markdown, as_text
    from compared_sets import Choice, check_same_nets, cost_of, matched_targets
    from comparer import REAL, Comparer
    from invset_run import RunError, open_run
    from metrics import NEIGHBOURS
    from pages import HERE, exit_code, positive, write_text
    from real_pictures import Nets, read_pictures
    from realism import WindowPictures
except ImportError as missing:
    print("compare.py: %s; install Debian's python3-h5py and python3-numpy, and start it with "
          "/usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

DATA = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
TABLES = {".md": as_markdown, ".csv": as_csv}
FIGURES = ".png", ".svg", ".pdf"


def names_of(runs, given):
    """What made each run, told apart by the files' names where two are of one method."""
    if given and len(given) != len(runs):
        raise RunError("%d --method for %d run files; wanted one for each, in their order"
                       % (len(given), len(runs)))
    names = given or [run.method for run in runs]
    if not given:
        files = [os.path.splitext(os.path.basename(run.path))[0] for run in runs]
        names = ["%s (%s)" % pair if names.count(pair[0]) > 1 else pair[0]
                 for pair in zip(names, files)]
    if len(set(names)) < len(names):
        raise RunError("two files are called '%s'; --method gives each a name of its own"
                       % next(name for name in names if names.count(name) > 1))
    return names


def check_options(args):
    for path, kinds, option in ((args.table, tuple(TABLES), "--table"),
                                (args.figure, FIGURES, "--figure")):
        if path and not path.endswith(kinds):
            raise RunError("%s '%s': wanted a name that ends in %s"
                           % (option, path, " or ".join(kinds)))
    if args.fewest <= NEIGHBOURS:
        raise RunError("--fewest %d: wanted more than the %d neighbours of precision and recall"
                       % (args.fewest, NEIGHBOURS))


def figure_drawer():
    """compare_figure.draw; only this needs matplotlib."""
    try:
        from compare_figure import draw
    except ImportError as missing:
        raise RunError("--figure: %s; install Debian's python3-matplotlib" % missing) from None
    return draw


def compare(args):
    check_options(args)
    draw = figure_drawer() if args.figure else None
    runs = [open_run(path) for path in args.runs]
    names = names_of(runs, args.method)
    check_same_nets(runs)
    groups = matched_targets(runs, args.target)
    check_samples(runs, groups)
    nets = Nets(runs[0], args.invset)
    real = real_pictures(args, nets, [group[0] for group in groups])
    how = "all" if args.all else "steps" if args.steps else "equal"
    comparer = Comparer(names, groups, Choice(how, args.fewest), nets, args.feature, real)
    rows = [row for t in range(len(groups)) for row in comparer.rows(t)]
    seconds = {name: seconds_of(run) for name, run in zip(names, runs)}
    notes = [comparer.choice.words(), *dict.fromkeys(comparer.notes)] + of_runs(runs, args.steps)
    table = Table(rows, names, [REAL] * bool(real), seconds, notes)
    print(as_text(table), end="")
    if args.table:
        write_text(args.table, TABLES[os.path.splitext(args.table)[1]](table))
    if args.figure:
        draw(args.figure, groups, names, args.columns, real and (REAL, real))


def real_pictures(args, nets, targets):
    """WindowPictures of the targets, None if they are not wanted."""
    if args.dataset == "none":
        return None
    if not os.path.exists(args.dataset):
        raise RunError("there is no data set '%s'; --dataset names another, or 'none' leaves "
                       "realism out (Debian's dataset-fashion-mnist has that of the bundled models)"
                       % args.dataset)
    pictures = read_pictures(args.dataset, targets[0].run.picture_shape, args.pictures)
    return WindowPictures(nets, pictures, targets, args.feature)


def check_samples(runs, groups):
    for i, run in enumerate(runs):
        if not any(len(group[i].samples()) for group in groups):
            raise RunError("'%s' has no accepted samples of these targets; nothing to compare"
                           % run.path)


def seconds_of(run):
    """Seconds of a rank per sample, NaN if the file has none."""
    n, seconds = sum(len(target.samples()) for target in run.targets()), run.rank_seconds()
    return seconds / n if seconds > 0 else np.nan


def of_runs(runs, by_steps):
    notes = ["'%s' is not finished; its pool of starts is in no cost" % run.path
             for run in runs if not run.complete]
    if by_steps:
        notes += ["'%s' says nothing of sample-steps: all its samples are kept" % run.path
                  for run in runs if not any(map(cost_of, run.targets()))]
    return notes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     epilog=__doc__.split("\n\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", metavar="RUN.h5", nargs="+", help="run files of `invset sample`")
    parser.add_argument("--table", metavar="FILE", help="also write the tables: .md or .csv")
    parser.add_argument("--figure", metavar="FILE",
                        help="rows of samples with histograms: .png, .svg or .pdf")
    parser.add_argument("--target", metavar="NAME", action="append", default=[],
                        help="only these targets; may be given several times")
    parser.add_argument("--method", metavar="NAME", action="append", default=[],
                        help="what made each run (default: as the files say)")
    parser.add_argument("--columns", type=positive, default=10, metavar="N",
                        help="pictures in a row of the figure (%(default)s)")
    cut = parser.add_mutually_exclusive_group()
    cut.add_argument("--all", action="store_true", help="all samples, not as many of each file")
    cut.add_argument("--steps", action="store_true", help="cut at equal sample-steps")
    parser.add_argument("--fewest", type=positive, default=10, metavar="N",
                        help="samples below which a file is not compared at a target (%(default)s)")
    parser.add_argument("--feature", metavar="BLOB", default="pool5",
                        help="blob of the classifier whose values are the features (%(default)s)")
    parser.add_argument("--dataset", metavar="PATH", default=DATA,
                        help="real pictures: an IDX file, a .npy array or a folder; 'none' leaves "
                             "realism out (%(default)s)")
    parser.add_argument("--pictures", type=positive, default=30000, metavar="N",
                        help="how many of them to look through (%(default)s)")
    parser.add_argument("--invset", default=os.path.join(HERE, "../build/invset"),
                        metavar="PROGRAM", help="the program that runs the nets (%(default)s)")
    args = parser.parse_args()
    return exit_code(lambda: compare(args))


if __name__ == "__main__":
    sys.exit(main())
