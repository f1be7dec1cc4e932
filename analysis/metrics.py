"""How far a set of pictures spreads and how real it looks, from points that stand for the pictures.

Points are rows, (n, dimensions): encodings for the spread, features of a classifier for realism.
Knows no run files.  What depends on the number of points is said at each function: only sets of the
same size can be compared by it.
"""

import numpy as np

from geometry import distances, mean_distance

NEIGHBOURS = 3  # k of precision and recall; Kynkaanniemi et al. use 3


def pair_and_neighbour_distance(points):
    """Mean pairwise Euclidean distance, which does not hang on the number of points, and mean
    distance to the nearest other point, which falls with it."""
    pairs = distances(points)
    mean = mean_distance(pairs)
    np.fill_diagonal(pairs, np.inf)
    return mean, pairs.min(1).mean()


def vendi(points):
    """Vendi score (Friedman and Dieng 2022): how many points, all different, are as diverse as
    these.  exp(-sum l log l) over the eigenvalues l of K / n, where K is the cosine similarity:
    1 for points in one direction, n for orthogonal ones, never above the dimensions."""
    points = np.asarray(points, float)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    scaled = points / np.maximum(lengths, np.finfo(float).tiny) / np.sqrt(len(points))
    shares = np.linalg.svd(scaled, compute_uv=False) ** 2  # K / n = scaled scaled^T
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def frechet(a, b):
    """Frechet distance of two sets of features, in the squared form that is usual (FID): each set
    as a Gaussian, |m_a - m_b|^2 + tr(S_a) + tr(S_b) - 2 tr((S_a S_b)^(1/2)).  Sets that are small
    for the number of features are farther apart than large ones of the same kind."""
    (mean_a, root_a), (mean_b, root_b) = gaussian(a), gaussian(b)
    # With S = R^T R the eigenvalues of S_a S_b are the squared singular values of R_a R_b^T.
    shared = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    return float(((mean_a - mean_b) ** 2).sum() + (root_a**2).sum() + (root_b**2).sum()
                 - 2 * shared)


def gaussian(points):
    """Mean, and a matrix R with as few rows as can be, whose R^T R is the covariance."""
    points = np.asarray(points, float)
    mean = points.mean(0)
    root = (points - mean) / np.sqrt(len(points) - 1)
    return mean, np.linalg.qr(root, mode="r") if len(root) > root.shape[1] else root


def reach_of_points(points, k=NEIGHBOURS):
    """(n) distance of each point to its k-th nearest other one; n must be above k."""
    pairs = distances(points)
    np.fill_diagonal(pairs, np.inf)
    return np.partition(pairs, k - 1, axis=1)[:, k - 1]


def precision_and_recall(made, real, k=NEIGHBOURS):
    """Improved precision and recall (Kynkaanniemi et al. 2019).  Precision: share of the made
    points that lie within reach of a real point, its distance to its k-th nearest other real one.
    Recall: the same with the sets exchanged; it hangs on the number of made points."""
    pairs = distances(made, real)
    precision = (pairs <= reach_of_points(real, k)[None]).any(1).mean()
    recall = (pairs <= reach_of_points(made, k)[:, None]).any(0).mean()
    return float(precision), float(recall)
