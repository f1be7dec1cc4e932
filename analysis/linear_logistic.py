#!/usr/bin/python3
"""Compare a run on linear neurons with the sets that it should cover.

    analysis/linear_logistic.py out/linear-logistic.h5 -o linear-logistic.png
    analysis/linear_logistic.py out/linear-logistic.h5 --least 0.8      # exit code 1 if one is below

The run's classifier is one InnerProduct layer and its codes are grey levels (models/linear,
models/pixels; config/linear-logistic.cfg), so its inverse sets are slabs of a box, which slab.py
samples uniformly and exactly.  Printed are, for each target, the samples' standard deviation along
directions of picture space, divided by the uniform's, and how the samples fill the window.  Needs
Debian's python3-h5py, python3-numpy and, for -o, python3-matplotlib.
"""

import argparse
import sys

import h5py
import numpy as np

from invset_run import RunError, open_run
from pages import check_output, exit_code, positive
from slab import OutOfReach, Slab

TENTHS = 10
DEVIATIONS = "weights", "pixels", "uniform", "own"
LEAST_UNIFORM = 0.05  # share of the uniform set, below which a tenth of the window does not count


class Comparison:
    """A target's samples, uniform ones of its slab, and ratios of the former to the latter.

    `ratios` has two rows, samples and control, by kind.  Deviations along
      weights   the neuron's weights, the slab's thin direction (1)
      pixels    each pixel (D)
      uniform   principal directions of uniform samples (D): from the widest to the thinnest
      own       principal directions of one half of the set itself (D), deviations of its other
                half along them: directions that the set leaves out, wherever they point; with
                fewer than 2 D samples it takes many of them to be seen
    and of the window's tenths that the uniform set reaches
      window    the share of the set in it, by the smaller of the uniform's share and a tenth: no
                part may be left empty, but a set may fill parts where uniform samples are rare.
    The control is as many other uniform samples: what ratios are by chance.  Directions come from a
    set of their own: along those of a finite set its own deviations are too large for the first
    directions and too small for the last.
    """

    def __init__(self, target, slab, n_uniform, random):
        self.target, self.slab = target, slab
        self.samples = flat(target.stored_pictures())
        if len(self.samples) < 20:
            raise RunError("%s: %d accepted samples, wanted 20 or more to compare"
                           % (target.label, len(self.samples)))
        directions, self.uniform = (slab.uniform(n_uniform, random) for _ in range(2))
        self.control = slab.uniform(len(self.samples), random)
        weights = slab.weights[:, None] / np.linalg.norm(slab.weights)
        principal = principal_directions(directions)
        sets = self.samples, self.control
        self.ratios = {"weights": np.array([self._along(weights, x) for x in sets]),
                       "pixels": np.array([x.std(0, ddof=1) for x in sets])
                       / self.uniform.std(0, ddof=1),
                       "uniform": np.array([self._along(principal, x) for x in sets]),
                       "own": np.array([self._along(principal_directions(x[::2]), x[1::2])
                                        for x in sets]),
                       "window": np.array([self._filled(x) for x in sets])}

    def _along(self, directions, pictures):
        return deviations(pictures, directions) / deviations(self.uniform, directions)

    def shares(self, pictures):
        """(TENTHS) of a set in the tenths of the window."""
        edges = np.linspace(*self.slab.window, TENTHS + 1)
        activation = np.clip(self.slab.activation(pictures), *self.slab.window)  # by rounding only
        return np.histogram(activation, edges)[0] / len(pictures)

    def _filled(self, pictures):
        uniform = self.shares(self.uniform)
        counted = uniform >= LEAST_UNIFORM
        return self.shares(pictures)[counted] / np.minimum(uniform[counted], 1 / TENTHS)

    def least_deviation(self):
        return min(self.ratios[kind][0].min() for kind in DEVIATIONS)

    def least_share(self):
        return self.ratios["window"][0].min()


def flat(pictures):
    return pictures.reshape(len(pictures), -1)


def principal_directions(pictures):
    """(D, D) columns, the one of the largest deviation first.  Contiguous: a product with a mirrored
    view is no call of BLAS, and takes twenty times longer."""
    return np.ascontiguousarray(np.linalg.eigh(np.cov(pictures.T.astype(float)))[1][:, ::-1])


def deviations(pictures, directions):
    """Standard deviations along columns of directions."""
    return (pictures.astype(float) @ directions).std(0, ddof=1)


def read_neurons(run):
    """Weights (units, D) and biases (units) of the run's classifier, of grey levels."""
    files = {role: path for role, path, _ in run.models()}
    try:
        with h5py.File(files["classifier weights"], "r") as file:
            layers = file["data"]
            if len(layers) != 1:
                raise RunError("the classifier of '%s' has %d layers with weights, wanted one: this "
                               "is for linear neurons" % (run.path, len(layers)))
            layer = layers[list(layers)[0]]
            weights, biases = layer["0"][:].astype(float), layer["1"][:].astype(float)
    except (KeyError, OSError) as error:
        raise RunError("'%s': cannot read the classifier's HDF5 weights: %s; the run's paths are "
                       "relative to the folder that it was started in" % (run.path, error)) from None
    mean = np.array(run.settings["models.classifier.mean"].strip("[]").split(","), float)
    if weights.shape[1:] != (int(np.prod(run.picture_shape)),) or len(mean) != 1:
        raise RunError("'%s': the classifier has weights of shape %s and %d means, wanted one of "
                       "each pixel of %s, and one" % (run.path, weights.shape, len(mean),
                                                      run.picture_shape))
    return weights, biases - mean[0] * weights.sum(1)


def check_target(target, activations):
    """That the file's numbers are those of a linear neuron on pictures that are their own codes: a
    generator's shift that is not minus the mean shows here."""
    slots = target.accepted()
    off = np.abs(flat(target.codes(slots)) - flat(target.stored_pictures(slots))).max(initial=0)
    if off > 0.51:
        raise RunError("%s: codes and pictures differ by up to %.3g grey levels, wanted codes that "
                       "are the picture (models/pixels)" % (target.label, off))
    off = np.abs(activations - target.activation[slots, 0]).max(initial=0)
    if off > 1e-3:
        raise RunError("%s: activations differ by up to %.3g from those of the weights"
                       % (target.label, off))


def compare(run, args):
    """[Comparison] of all targets."""
    weights, biases = read_neurons(run)
    comparisons = []
    for target in run.targets(args.target):
        unit = target.neurons[0]
        if len(target.neurons) > 1:
            raise RunError("%s: has several neurons, wanted one" % target.label)
        try:
            slab = Slab(weights[unit], biases[unit], target.windows[0])
        except OutOfReach as error:
            raise RunError("%s: %s" % (target.label, error)) from None
        check_target(target, slab.activation(flat(target.stored_pictures())))
        random = np.random.default_rng((args.seed, target.number))
        comparisons.append(Comparison(target, slab, args.uniform, random))
    return comparisons


KINDS = {"weights": "along the weights", "pixels": "of each pixel", "uniform": "along the uniform's directions",
         "own": "along its own directions", "window": "share of a window's tenth"}


def print_table(comparison):
    target = comparison.target
    print("%s, activation %g to %g: %d samples beside %d uniform ones"
          % (target.label, *target.windows[0], len(comparison.samples), len(comparison.uniform)))
    print("  %-30s %6s %26s %26s" % ("ratio to the uniform set", "number", "samples",
                                      "as many uniform"))
    print("  %-37s %8s %8s %8s %8s %8s %8s" % ("", *2 * ("least", "median", "largest")))
    for kind, ratios in comparison.ratios.items():
        cells = [f(row) for row in ratios for f in (np.min, np.median, np.max)]
        print("  %-30s %6d" % (KINDS[kind], ratios.shape[1])
              + "".join(" %8.3f" % cell for cell in cells))
    for name, pictures in (("samples", comparison.samples), ("uniform", comparison.uniform)):
        print("  %% of the %s in the tenths of the window: %s"
              % (name, " ".join("%.0f" % (100 * s) for s in comparison.shares(pictures))))


def work(args):
    if args.output:
        check_output(args.output, [args.run])
    comparisons = compare(open_run(args.run), args)
    for comparison in comparisons:
        print_table(comparison)
    if args.output:
        from linear_figure import draw  # matplotlib is for it alone
        draw(comparisons, args.output)
    return comparisons


def falls_short(comparisons, args):
    """Whether a ratio is below what is asked for; says which."""
    short = False
    for what, found, least in (
            ("deviation", [c.least_deviation() for c in comparisons], args.least),
            ("share of a window's tenth", [c.least_share() for c in comparisons], args.least_share)):
        if least is not None and not min(found) >= least:
            print("the smallest ratio of a %s is %.3f, wanted %g or more" % (what, min(found), least))
            short = True
    return short


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run", metavar="RUN.h5", help="run file of linear neurons")
    parser.add_argument("-o", "--output", metavar="FILE", help="also draw a figure (.png, .pdf)")
    parser.add_argument("--target", metavar="NAME", action="append", default=[],
                        help="only these targets; may be given several times")
    parser.add_argument("--least", type=float, metavar="RATIO",
                        help="exit code 1 if a deviation of the samples is below so many times the "
                        "uniform's")
    parser.add_argument("--least-share", type=float, metavar="RATIO",
                        help="exit code 1 if a tenth of a window has less of the samples than so "
                        "many times the uniform's share, or a tenth where that is more")
    parser.add_argument("--uniform", type=positive, default=5000, metavar="N",
                        help="uniform samples to compare with (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the uniform samples")
    args = parser.parse_args()
    found = []
    code = exit_code(lambda: found.extend(work(args)))
    return code or int(falls_short(found, args))


if __name__ == "__main__":
    sys.exit(main())
