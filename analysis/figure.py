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
    import geometry
    from invset_run import OUTSIDE, RunError, open_run
    from pages import check_output, exit_code, positive
    from sheet import KINDS, Row, Sheet, save
    from words import title_of
except ImportError as missing:
    print("figure.py: %s; install Debian's python3-h5py, python3-numpy and python3-matplotlib, and "
          "start it with /usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

MOST_IN_ORDER = 2000  # samples that a row chooses from


def row_of(target, beside, args):
    """The Row of a target's samples."""
    slots = target.samples()[:MOST_IN_ORDER]
    if len(slots):
        space = target.encodings if target.run.with_encodings else target.codes
        slots = slots[geometry.spread_order(space(slots))][:args.columns]
    numbers = [", ".join("%#.3g" % value for value in values)
               for values in target.activation[slots]] if args.numbers else None
    return Row(beside, target.pictures(slots), target.status[slots] == OUTSIDE,
               "no sample (%s)" % target.outcome() if target.run.keeps_outside else
               "no accepted sample (%s)" % target.outcome(), numbers)


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
            groups.setdefault(title_of(target), []).append(row_of(target, beside, args))
    return list(groups.items())


def place_in(wanted, target):
    """Number of the first of the wanted names that a target has."""
    return next((i for i, name in enumerate(wanted) if name in target.names()), 0)


def rows_of_intersection(runs, args):
    """[(title, [Row])]: each neuron alone, then all at once."""
    targets = [target for run in runs for target in run.targets()]
    several = [target for target in targets if len(target.neurons) > 1]
    for name in args.target:
        if not any(target.label == name for target in several):
            raise RunError("--target '%s': no run has this target of several neurons; they have %s"
                           % (name, ", ".join(sorted({t.label for t in several})[:20]) or "none"))
    groups = []
    for whole in several:
        if args.target and whole.label not in args.target:
            continue
        alone = [alone_of(whole, m, targets) for m in range(len(whole.neurons))]
        groups += [(title_of(t), [row_of(t, "", args)]) for t in alone if t]
        groups.append(("All at once: " + title_of(whole), [row_of(whole, "", args)]))
    if not groups:
        raise RunError("no run has a target of several neurons")
    return groups


def alone_of(whole, m, targets):
    """The target of neuron m of a target alone, with the same window if there is one, else the first
    with another (titles tell windows); None if there is none."""
    found = [t for t in targets if (t.blobs, t.neurons, t.units, t.quantities) == (
        whole.blobs[m:m + 1], whole.neurons[m:m + 1], whole.units[m:m + 1],
        whole.quantities[m:m + 1])]
    same = [t for t in found if (t.windows[0] == whole.windows[m]).all()]
    return next(iter(same + found), None)


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
    save(lambda: Sheet(make(runs, args), args.width, args.columns, args.numbers), args.output)


if __name__ == "__main__":
    sys.exit(main())
