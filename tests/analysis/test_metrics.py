"""analysis/metrics.py: closed forms, and the definitions written out as loops."""

import os
import sys
import unittest

try:
    import numpy as np
    import scipy.linalg
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

sys.path.insert(0, os.environ["INVSET_SOURCE"] + "/analysis")
from metrics import frechet, pair_and_neighbour_distance, precision_and_recall, vendi


def gaussian(rng, n, mean, covariance):
    """n points with exactly this mean and covariance."""
    raw = rng.standard_normal((n, len(mean)))
    raw -= raw.mean(0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    return white @ np.linalg.cholesky(covariance).T + mean


class Test(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(7)

    def test_frechet_of_gaussians(self):
        # Diagonal covariances commute: (3, 4) apart, and (s - t)^2 of the deviations.
        a = gaussian(self.rng, 50, np.array([0.0, 0.0]), np.diag([4.0, 9.0]))
        b = gaussian(self.rng, 80, np.array([3.0, 4.0]), np.diag([1.0, 25.0]))
        self.assertAlmostEqual(frechet(a, b), 25 + (2 - 1)**2 + (3 - 5)**2, places=9)
        self.assertAlmostEqual(frechet(a, a), 0, places=9)
        self.assertAlmostEqual(frechet(a, a + [0, 2]), 4, places=9)

    def test_frechet_of_any_covariances(self):
        for n, m, size in (60, 90, 5), (8, 40, 12), (9, 7, 20):  # also fewer points than features
            a, b = self.rng.standard_normal((n, size)), self.rng.random((m, size)) ** 2
            product = np.cov(a.T) @ np.cov(b.T)
            values = np.linalg.eigvals(product).real
            expected = (((a.mean(0) - b.mean(0))**2).sum() + np.trace(np.cov(a.T))
                        + np.trace(np.cov(b.T)) - 2 * np.sqrt(values[values > 1e-12]).sum())
            self.assertAlmostEqual(frechet(a, b), expected, places=5)
            self.assertAlmostEqual(frechet(b, a), expected, places=5)
        full = self.rng.standard_normal((2, 70, 6)) @ self.rng.standard_normal((6, 6))
        s, t = np.cov(full[0].T), np.cov(full[1].T)
        root = scipy.linalg.sqrtm(s @ t).real
        self.assertAlmostEqual(frechet(*full), ((full[0].mean(0) - full[1].mean(0))**2).sum()
                               + np.trace(s + t - 2 * root), places=7)

    def test_vendi(self):
        self.assertAlmostEqual(vendi(np.tile([3.0, 4.0], (7, 1))), 1)
        self.assertAlmostEqual(vendi(np.eye(9) * np.arange(1, 10)), 9)
        self.assertAlmostEqual(vendi(np.repeat(np.eye(4), 5, 0)), 4)  # 4 kinds, each 5 times
        points = self.rng.standard_normal((30, 6))
        cosine = points @ points.T / np.outer(*[np.linalg.norm(points, axis=1)] * 2)
        values = np.linalg.eigvalsh(cosine / 30)
        values = values[values > 1e-12]
        self.assertAlmostEqual(vendi(points), np.exp(-(values * np.log(values)).sum()), places=9)

    def test_distances(self):
        mean, nearest = pair_and_neighbour_distance([[0, 0], [3, 4], [3, 5]])
        self.assertAlmostEqual(mean, (5 + 1 + np.sqrt(34)) / 3)
        self.assertAlmostEqual(nearest, (5 + 1 + 1) / 3)

    def test_precision_and_recall(self):
        real = self.rng.standard_normal((40, 3))
        self.assertEqual(precision_and_recall(real, real), (1, 1))
        self.assertEqual(precision_and_recall(real + 100, real), (0, 0))
        # A tight cluster within the real ones is precise, and recalls little.
        precision, recall = precision_and_recall(1e-3 * real, real)
        self.assertEqual(precision, 1)
        self.assertLess(recall, 0.1)
        made = self.rng.standard_normal((25, 3)) * 1.5 + 0.5
        for k in (1, 3):
            self.assertEqual(precision_and_recall(made, real, k),
                             (share_within(made, real, k), share_within(real, made, k)))
        self.assertNotEqual(share_within(made, real, 1), share_within(made, real, 3))


def share_within(points, others, k):
    """Share of the points that lie within reach of one of the others."""
    n = 0
    for point in points:
        n += any(np.linalg.norm(point - other)
                 <= sorted(np.linalg.norm(other - o) for o in others)[k] for other in others)
    return n / len(points)


if __name__ == "__main__":
    unittest.main()
