#!/usr/bin/python3
"""Spread of a run's samples beside that of real pictures in the same window.

For each target: mean pairwise distance and mean nearest-neighbour distance of the encodings of the
accepted samples, divided by those of as many real training pictures (the first ones of the class
whose activation is in the window).  Real pictures are Debian's dataset-fashion-mnist; activations and
encodings come from `invset forward` with the run's own models.

    analysis/spread.py out/fashion-all.h5
"""

import argparse
import gzip
import os
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

DATA = "/usr/share/datasets/fashion-mnist"


def read_idx(path):
    with gzip.open(path) as f:
        raw = f.read()
    n_axes = raw[3]
    dims = np.frombuffer(raw, ">i4", n_axes, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * n_axes).reshape(dims)


def forward(invset, models, role, blob, pictures):
    """Run a net of the run on pictures (N, C, H, W), network values; returns the blob."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = os.path.join(folder, "in.h5"), os.path.join(folder, "out.h5")
        with h5py.File(given, "w") as f:
            f["input/data"] = pictures
        command = [invset, "forward", models[role + " net"], models[role + " weights"], given, made]
        subprocess.run(command + ["--blob", blob, "-q"], check=True)
        with h5py.File(made) as f:
            return f["forward/" + blob][:]


def distances(encodings):
    """Mean pairwise and mean nearest-neighbour Euclidean distance."""
    e = encodings.astype(float)
    squares = (e**2).sum(1)
    d = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * e @ e.T, 0))
    n = len(e)
    mean = d.sum() / (n * (n - 1))
    np.fill_diagonal(d, np.inf)
    return mean, d.min(1).mean()


def setting(run, key):
    return re.search(r"^%s = (.*)$" % re.escape(key), run["settings"].asstr()[()], re.M).group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run", help="run file with fc8 targets of the bundled models")
    parser.add_argument("--invset", default="build/invset", help="the program (%(default)s)")
    parser.add_argument("--pictures", type=int, default=8000,
                        help="how many training pictures to look through (%(default)s)")
    args = parser.parse_args()

    images = read_idx(os.path.join(DATA, "train-images-idx3-ubyte.gz"))[: args.pictures]
    classes = read_idx(os.path.join(DATA, "train-labels-idx1-ubyte.gz"))[: args.pictures]
    run = h5py.File(args.run)
    models = dict(zip(run["models/role"].asstr()[:], run["models/path"].asstr()[:]))
    mean = float(setting(run, "models.classifier.mean").strip("[]"))
    blob = setting(run, "models.encoder.blob").strip('"')
    values = (images.astype(np.float32) - mean)[:, None]
    activations = forward(args.invset, models, "classifier", "fc8", values)

    print("%-12s %8s %8s %8s %8s %8s %8s" % ("target", "samples", "steps", "pairs", "of real",
                                               "nearest", "of real"))
    steps, rows = [], []
    for t, label in enumerate(run["target_label"].asstr()[:]):
        unit, (low, high) = int(run["target_neuron"][t]), run["window"][t]
        ok = run["sample_status"][t] == 1
        n = int(ok.sum())
        inside = (classes == unit) & (activations[:, unit] >= low) & (activations[:, unit] <= high)
        real = np.flatnonzero(inside)[:n]
        if len(real) < n:
            sys.exit("%s: only %d of %d real pictures in the window; raise --pictures" %
                     (label, len(real), n))
        ours = distances(run["encoding"][t][ok])
        theirs = distances(forward(args.invset, models, "encoder", blob, values[real]))
        steps.append(np.nansum(run["sample_steps"][t]) / n)
        rows.append((ours[0] / theirs[0], ours[1] / theirs[1]))
        print("%-12s %8d %8.2f %8.2f %8.3f %8.2f %8.3f" % (label, n, steps[-1], ours[0],
                                                           rows[-1][0], ours[1], rows[-1][1]))
    rows = np.array(rows)
    total = np.nansum(run["sample_steps"]) + float(run["summary/pool_steps"][()])
    print("sample-steps per accepted sample: %.2f with the pool, median target %.2f without it" %
          (total / np.sum(run["sample_status"][:] == 1), np.median(steps)))
    print("mean pairwise distance / real: mean %.3f, least %.3f; nearest neighbour / real: mean %.3f, "
          "least %.3f" % (rows[:, 0].mean(), rows[:, 0].min(), rows[:, 1].mean(), rows[:, 1].min()))


if __name__ == "__main__":
    main()
