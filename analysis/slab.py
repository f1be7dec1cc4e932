"""The inverse set of a linear neuron among 8-bit pictures, f(x) = w.x + b between two activations: a
slab of the box [0, 255]^D.  Exact uniform samples of it, without a Markov chain.

A slab may hold a share of 1e-50 of the box, so pixels are not drawn uniformly but tilted: each for
itself, with P(k) proportional to exp(t w_i k), k = 0 .. 255.  Then a picture x has a probability
proportional to exp(t f(x)) wherever it is, and is kept if f(x) is in the window, with the chance
exp(-t (f(x) - edge)), edge the window's nearer one: what is kept is uniform whatever t is.  The
share that is kept is largest where the mean of f under the tilt is that edge (there the derivative
of edge t - log E exp(t f) is 0), and is then about 1 / (2.5 t s), s the deviation of f: 1 in 10 to
1 in 100, not 1 in 1e50.  Knows no run files.
"""

import numpy as np

LEVELS = np.arange(256.0)
PROPOSALS = 1000  # at a time: a matter of memory only
LEAST_RATE = 1e-9  # of a pixel's tilt: a smaller one changes no chance by 1e-6 of itself


class OutOfReach(ValueError):
    """No picture has such an activation."""


class Slab:
    """Pictures x in {0 .. 255}^D with window[0] <= weights.x + bias <= window[1]."""

    def __init__(self, weights, bias, window):
        self.weights, self.bias, self.window = np.asarray(weights, float), float(bias), window
        low, high = self.window
        ends = [self.bias + 255 * part.sum() for part in (np.minimum(self.weights, 0),
                                                         np.maximum(self.weights, 0))]
        if not (low < high and low < ends[1] and high > ends[0]):
            raise OutOfReach("window %g to %g, pictures have activations from %g to %g"
                             % (low, high, *ends))
        middle = self.activation(np.full(len(self.weights), 127.5))
        self.edge = min(max(middle, low), high)  # what the tilted mean has to be
        self.tilt = self._find_tilt(middle)

    def activation(self, pictures):
        return pictures @ self.weights + self.bias

    def uniform(self, n, random):
        """(n, D) uint8, independent.  `random` is a numpy Generator."""
        parts, found = [], 0
        while found < n:
            pictures = self._propose(random)
            f = self.activation(pictures)
            inside = (f >= self.window[0]) & (f <= self.window[1])
            chance = np.exp(np.minimum(0, -self.tilt * (f - self.edge)))  # <= 1 inside anyway
            parts.append(pictures[inside & (random.random(len(f)) < chance)].astype(np.uint8))
            found += len(parts[-1])
        return np.concatenate(parts)[:n]

    def _mean(self, tilt):
        """Of f under a tilt."""
        power = tilt * self.weights[:, None] * LEVELS
        chance = np.exp(power - power.max(1, keepdims=True))
        return self.activation(chance @ LEVELS / chance.sum(1))

    def _find_tilt(self, middle):
        if middle == self.edge:
            return 0.0
        far = 1 / np.abs(self.weights).max() * (1 if self.edge > middle else -1)
        near = 0.0
        while (self._mean(far) - self.edge) * (middle - self.edge) > 0:
            near, far = far, 2 * far
        for _ in range(40):
            half = (near + far) / 2
            if (self._mean(half) - self.edge) * (middle - self.edge) > 0:
                near = half
            else:
                far = half
        return far

    def _propose(self, random):
        """(PROPOSALS, D) tilted pictures: the inverse of the distribution function of the density
        exp(rate u) on [0, 256], cut down to whole numbers."""
        rate = self.tilt * self.weights
        rate = np.where(np.abs(rate) > LEAST_RATE, rate, LEAST_RATE)
        u = random.random((PROPOSALS, len(rate)))
        u *= np.expm1(-256 * np.abs(rate))
        u += 1
        np.log(u, out=u)
        u /= rate
        u += np.where(rate > 0, 256, 0)
        return np.clip(np.floor(u, out=u), 0, 255, out=u)
