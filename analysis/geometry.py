"""Where samples lie to each other: distances, neighbours, medoids, orders and maps of points.

Points are rows, (n, dimensions), here always encodings in the units of the encoder's output.  Knows
no run files and no pages.  All choices are deterministic.
"""

import numpy as np


def distances(a, b=None):
    """Euclidean distances of all rows of a to all rows of b, or of a.  One matrix product: tens of
    times faster than a loop, and exact enough to rank neighbours."""
    a = np.asarray(a, float)
    b = a if b is None else np.asarray(b, float)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def mean_distance(pairs):
    """Mean over all pairs of different points, NaN if there are none; `pairs` as distances()."""
    n = len(pairs)
    return pairs.sum() / (n * (n - 1)) if n > 1 else np.nan


def growth(pairs):
    """n = 2, 3, ... and the mean distance of the pairs of the first n points."""
    n = np.arange(2, len(pairs) + 1)
    return n, np.cumsum(np.tril(pairs, -1).sum(1))[1:] / (n * (n - 1) / 2)


def nearest(pairs, k):
    """(n, k) indices of each row's k nearest others, the nearest first."""
    others = pairs.copy()
    np.fill_diagonal(others, np.inf)
    return np.argsort(others, axis=1, kind="stable")[:, : min(k, len(pairs) - 1)]


def spread_order(points):
    """Farthest-point order, as in `invset montage`: first the point nearest to the mean, then each
    time the one that is farthest from all before it."""
    points = np.asarray(points, float)
    order = [int(np.argmin(((points - points.mean(0)) ** 2).sum(1)))]
    gap = np.full(len(points), np.inf)
    for _ in range(len(points) - 1):
        gap = np.minimum(gap, ((points - points[order[-1]]) ** 2).sum(1))
        gap[order[-1]] = -1
        order.append(int(np.argmax(gap)))
    return np.array(order)


def spread_over(items, n):
    """n of the items in their order, evenly spread, with the first and the last."""
    if len(items) <= n:
        return items
    places = np.rint(np.linspace(0, len(items) - 1, n)).astype(int)
    return items[places] if isinstance(items, np.ndarray) else [items[i] for i in places]


def medoids(pairs, k):
    """k points that are typical of all: each next one lowers the sum of distances to the nearest
    medoid most (the building phase of k-medoids).  The first one is the medoid of all."""
    chosen, gap = [], None
    for _ in range(min(k, len(pairs))):
        sums = (pairs if gap is None else np.minimum(pairs, gap[:, None])).sum(0)
        sums[chosen] = np.inf
        chosen.append(int(np.argmin(sums)))
        gap = pairs[:, chosen].min(1)
    return np.array(chosen, int)


def principal_map(points):
    """(n, 2) first two principal components, and the share of the variance that each has."""
    centred = np.asarray(points, float) - np.mean(points, axis=0)
    u, singular, _ = np.linalg.svd(centred, full_matrices=False)
    if len(singular) < 2:
        u, singular = np.pad(u, ((0, 0), (0, 1))), np.append(singular, 0)
    total = (singular**2).sum()
    shares = singular[:2] ** 2 / total if total else np.zeros(2)
    return u[:, :2] * singular[:2], shares


def neighbour_map(points):
    """(n, 2) t-SNE: near points are near, distances between groups mean nothing.  None where
    scikit-learn is not installed, or there are too few points, or all are the same."""
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError:
        return None
    flat, _ = principal_map(points)
    size = flat[:, 0].std()
    if len(points) < 10 or not size > 1e-6 * np.abs(points).max():
        return None
    start = (flat / size * 1e-4).astype(np.float32)  # scikit-learn's own crashes on odd points
    with threadpool_limits(1):  # several targets at once are faster than threads for each
        return TSNE(2, init=start, learning_rate="auto", random_state=0, n_iter=400, angle=0.8,
                    perplexity=min(30, (len(points) - 1) / 3)).fit_transform(
                        np.asarray(points, np.float32))
