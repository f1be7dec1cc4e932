"""Pictures of a data set that lie in the windows of targets: what samples are compared with, and
how real they look beside them.  The pictures come from real_pictures.py.
"""

from dataclasses import dataclass

import numpy as np

from geometry import spread_over
from invset_run import PROBABILITY
from metrics import frechet, precision_and_recall

FEWEST = 50  # real pictures in a window, below which no realism is told


@dataclass
class Reference:
    """Real pictures of one target's window.  Every second one is what all sets are compared with;
    the others stand for a set of samples themselves."""

    n_found: int  # in the window
    features: np.ndarray  # (n, F) of those to compare with
    places: np.ndarray  # in the data set, of the others
    own_features: np.ndarray  # (m, F) of the others

    def realism(self, features):
        """{"frechet", "precision", "recall"} of a set, NaN with too few real pictures."""
        if len(self.features) < FEWEST or not len(features):
            return {"frechet": np.nan, "precision": np.nan, "recall": np.nan}
        precision, recall = precision_and_recall(features, self.features)
        return {"frechet": frechet(features, self.features), "precision": precision,
                "recall": recall}

    def chosen(self, n):
        """Of the others n, as places among them, evenly spread; none if there are not so many."""
        places = np.arange(len(self.places))
        return spread_over(places, n) if len(places) >= n else places[:0]


class WindowPictures:
    """A data set as a run's classifier sees it."""

    def __init__(self, nets, pictures, targets, blob):
        """`blob` of the classifier has the features."""
        self.pictures, self._nets = pictures, nets

        def reduce(blobs):
            inside = np.stack([in_windows(target, blobs) for target in targets], 1)
            first = np.stack([quantity_of(target, 0, blobs) for target in targets], 1)
            return [blobs[blob][inside.any(1)], inside, first]

        names = sorted({blob}.union(*(target.blobs for target in targets)))
        self._features, self._inside, self._activation = nets.reduced(
            "classifier", names, pictures, reduce)
        self._row = np.cumsum(self._inside.any(1)) - 1  # of features, of each picture

    def reference(self, t, used):
        """Of targets[t]; pictures whose bytes are in `used`, as they are among the samples, are
        nothing to compare these with."""
        places = np.flatnonzero(self._inside[:, t])
        compared, own = places[::2], places[1::2]
        new = [self.pictures[place].tobytes() not in used for place in compared]
        compared = compared[np.array(new, bool)]
        return Reference(len(places), self._features[self._row[compared]], own,
                         self._features[self._row[own]])

    def of_window(self, t):
        """What targets[t] wants of its first neuron, and places, of all in its windows."""
        places = np.flatnonzero(self._inside[:, t])
        return self._activation[places, t].astype(float), places

    def shown(self, places):
        """(n, H, W, 3) RGB."""
        pictures = self.pictures[places]
        return pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=3)

    def encodings(self, places):
        return self._nets.encodings(self.pictures[places])


def quantity_of(target, m, blobs):
    """(N) what is in the window of a target's neuron m: an activation, the largest of its units, or
    the probability by the softmax over its blob; blobs: {name: (N, units)}."""
    values, unit = blobs[target.blobs[m]], target.neurons[m]
    if target.quantities[m] == PROBABILITY:
        odds = np.exp(values.astype(float) - values.max(1, keepdims=True))
        return odds[:, unit] / odds.sum(1)
    return values[:, unit:unit + target.units[m]].max(1)


def in_windows(target, blobs):
    """(N) whether pictures are in all windows of a target; none is in one that is not known."""
    found = [quantity_of(target, m, blobs) for m in range(len(target.neurons))]
    return np.all([(values >= low) & (values <= high)
                   for values, (low, high) in zip(found, target.windows)], axis=0)
