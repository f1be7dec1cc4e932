"""The samples of a target that a page shows: which, their pictures in a sprite sheet, and what the
page's script (web/target.js) needs to know of them.  Knows no HTML.
"""

from dataclasses import dataclass

import numpy as np

import geometry
import sprites
from invset_run import ACCEPTED
from words import neuron_names, windows_of

NEIGHBOURS = 5  # of each sample
ATTEMPTS = 12  # shown of a target that was not reached
SCALE_SHARE = 0.3  # of a map's width that its scale bar may take


@dataclass
class Shown:
    """Slots in the order of the sprite, the first neuron's activation lowest first."""

    slots: np.ndarray
    factor: int  # by which pictures were made smaller
    sprite: sprites.Sprite
    real_sprite: object  # Sprite of the real pictures nearest to them, or None
    data: dict  # for JSON; lists are by place in the sprite


def choose(target, most):
    """Slots of samples, by activation; the best attempts if there are none."""
    samples = target.samples()
    if not len(samples):
        return target.by_gap()[: min(ATTEMPTS, most)]
    return geometry.spread_over(
        samples[np.argsort(target.activation[samples, 0], kind="stable")], most)


def rounded(array):
    """Lists of numbers with the digits that a page shows, NaN as None."""
    if np.ndim(array):
        return [rounded(row) for row in array]
    return None if np.isnan(array) else float("%.6g" % array)


def map_of(points, label, with_scale):
    """Points in per cent of a square, on one scale both ways, with the words below them."""
    low, size = points.min(0), max(np.ptp(points, axis=0).max(), 1e-9)
    percent = (points - low - np.ptp(points, axis=0) / 2) / size * 100 + 50
    percent_long = 0
    if with_scale:
        length = 10 ** np.floor(np.log10(size * SCALE_SHARE))
        length *= max(m for m in (1, 2, 5) if m * length <= size * SCALE_SHARE * (1 + 1e-9))
        percent_long = length / size * 100
        label += " The bar is %g encoder units long." % length
    return {"points": np.round(percent, 2).tolist(), "label": label, "bar": percent_long}


def maps(points, with_tsne):
    flat, shares = geometry.principal_map(points)
    words = ("First two principal components of the encodings: to the right %.0f %%, upwards "
             "%.0f %% of their variance; distances are in the units of the encoder’s output.")
    made = {"pca": map_of(flat, words % tuple(100 * shares), np.ptp(flat) > 0)}
    near = geometry.neighbour_map(points) if with_tsne else None
    if near is not None:
        made["tsne"] = map_of(near, "t-SNE of the encodings: samples that are near to each other "
                              "are near in the map. Its axes have no unit, and distances between "
                              "groups mean little.", False)
    return made


def around(points, data, with_tsne):
    """What hangs on the encodings of the shown samples."""
    pairs = geometry.distances(points)
    near = geometry.nearest(pairs, NEIGHBOURS)
    distance = np.take_along_axis(pairs, near, axis=1)
    data["spread"] = np.argsort(geometry.spread_order(points)).tolist()  # rank of each
    data.update(near=near.tolist(), nearDistance=rounded(distance), gap=rounded(distance[:, 0]),
                maps=maps(points, with_tsne))


def show(target, most, factor, real=None, with_tsne=True):
    """The Shown of a target, None if it has no sample.  `real`: a RealPictures to compare with."""
    slots = choose(target, most)
    if not len(slots):
        return None
    sprite = sprites.make(target.stored_pictures(slots), factor)
    name = "sprite-%d" % target.number
    data = {
        "label": target.label, "number": target.number, "file": target.run.path,
        "neurons": neuron_names(target), "windows": windows_of(target),
        "sprite": {"name": name, **sprite.geometry()}, "slot": slots.tolist(),
        "activation": rounded(target.activation[slots].astype(float)),
        "accepted": (target.status[slots] == ACCEPTED).astype(int).tolist(),
        "keepsOutside": target.run.keeps_outside,
        "steps": rounded(target.steps[slots]), "restarts": target.restarts[slots].tolist(),
        "chain": target.chain[slots].tolist(), "block": target.chain_block[slots].tolist()}
    real_sprite = None
    points = target.encodings(slots) if target.run.with_encodings else None
    # An attempt may have failed with no number as its result, and have no place among the others.
    if points is not None and len(slots) > 2 and np.isfinite(points).all():
        around(points, data, with_tsne)
        if real:
            places, distance, pictures = real.nearest(points)
            real_sprite = sprites.make(pictures, factor)
            data.update(real=places.tolist(), realDistance=rounded(distance),
                        realSprite={"name": name + "-real", **real_sprite.geometry()})
    return Shown(slots, factor, sprite, real_sprite, data)
