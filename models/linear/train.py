#!/usr/bin/python3
"""Train the linear-logistic classifier: one logistic regression on pixels for each class of
Fashion-MNIST, one class against the rest; writes classifier.caffemodel.h5 beside this file.

    models/linear/train.py          # some minutes on one core; prints accuracy and quantiles

Weights are smooth because they are made so: w = S v, S a Gaussian blur of the picture, with the
usual penalty on v and not on w.  That is ordinary logistic regression on blurred pictures, of which
the blur is then moved into the weights.  Needs Debian's dataset-fashion-mnist, python3-sklearn and
python3-h5py.
"""

import os
import sys

import h5py
import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../analysis"))
from real_pictures import read_idx  # noqa: E402

DATA = "/usr/share/datasets/fashion-mnist/"
MEAN = 73.0  # grey levels, that of the fashion nets: then models/pixels serves both
BLUR = 1.0  # standard deviation of S in pixels
INVERSE_PENALTY = 0.2  # scikit-learn's C, for inputs of (grey level - mean) / 255
QUANTILES = 0.05, 0.5, 0.95


def read(part):
    """(N, 784) values as the net gets them, and (N) classes."""
    pictures = read_idx(DATA + part + "-images-idx3-ubyte.gz")
    return (pictures.reshape(len(pictures), -1).astype(np.float32) - np.float32(MEAN),
            read_idx(DATA + part + "-labels-idx1-ubyte.gz"))


def blur_matrix(side):
    """(side^2, side^2): pictures as rows times this are blurred pictures."""
    deltas = np.eye(side * side, dtype=np.float32).reshape(-1, side, side)
    return gaussian_filter(deltas, (0, BLUR, BLUR), mode="constant").reshape(len(deltas), -1)


def fit(values, classes):
    """Weights (10, 784) and biases (10) of fc8."""
    blur = blur_matrix(28)
    inputs = values @ blur / 255
    weights, biases = [], []
    for one in range(10):
        model = LogisticRegression(C=INVERSE_PENALTY, solver="newton-cholesky")
        model.fit(inputs, classes == one)
        weights.append(blur @ model.coef_[0] / 255)
        biases.append(model.intercept_[0])
    return np.array(weights, np.float32), np.array(biases, np.float32)


def write(path, weights, biases):
    with h5py.File(path, "w") as file:
        file["data/fc8/0"], file["data/fc8/1"] = weights, biases


def main():
    values, classes = read("train")
    with threadpool_limits(1):  # faster on busy cores
        weights, biases = fit(values, classes)
    write(os.path.join(HERE, "classifier.caffemodel.h5"), weights, biases)
    for part in "train", "t10k":
        values, classes = read(part)
        activations = values @ weights.T + biases
        print("%s: accuracy %.1f %%" % (part, 100 * (activations.argmax(1) == classes).mean()))
        if part == "train":
            for one in range(10):
                own = np.quantile(activations[classes == one, one], QUANTILES)
                print("class %d, own activations, 5 / 50 / 95 %% quantiles: "
                      "%.2f / %.2f / %.2f" % (one, *own))


if __name__ == "__main__":
    main()
