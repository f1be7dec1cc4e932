"""The numbers of analysis/compare.py, target by target: from the files' targets, a way to choose
samples and real pictures to Rows of a table.
"""

import numpy as np

from compare_tables import Row
from compared_sets import cost_of
from metrics import pair_and_neighbour_distance, vendi
from realism import FEWEST
from words import windows_of

REAL = "real pictures"


class Comparer:
    """Makes the rows of the tables, target by target."""

    def __init__(self, names, groups, choice, nets, feature, real):
        """`names` of what made each file; groups: [[the Target of each file]]; real: their
        WindowPictures, or None."""
        self.names, self.groups, self.choice = names, groups, choice
        self.nets, self.feature, self.real = nets, feature, real
        self.labels, self.notes = labels_of(groups), []
        with_outside = any(len(target.samples()) > len(target.accepted())
                           for group in groups for target in group)
        self.tables = [False, True] if with_outside else [False]  # whether only of those inside

    def rows(self, t):
        """[Row] of the t-th target: of all samples, then of those in the window."""
        targets = self.groups[t]
        sets = {inside: self.choice.slots(targets, inside) for inside in self.tables}
        used = [np.unique(np.concatenate([sets[inside][i] for inside in self.tables]))
                for i in range(len(targets))]
        features, reference = None, None
        if self.real:
            pictures = [target.stored_pictures(slots) for target, slots in zip(targets, used)]
            reference = self.real.reference(t, {p.tobytes() for some in pictures for p in some})
            self.note_reference(self.labels[t], reference)
            features = self.features(pictures)
        rows = []
        for inside in self.tables:
            for i, (target, slots) in enumerate(zip(targets, sets[inside])):
                row = self.row(self.labels[t], i, target, slots, inside)
                if self.real:
                    places = np.searchsorted(used[i], slots)
                    row.values.update(reference.realism(features[i][places]),
                                      real=len(reference.features))
                rows.append(row)
            if self.real:
                n = len(sets[inside][0])
                rows.append(self.real_row(self.labels[t], reference, n, inside))
        return rows

    def features(self, pictures):
        """[(n, F)] of the pictures of each file, in one pass of the net."""
        ends = np.cumsum([len(some) for some in pictures])
        if not ends[-1]:
            return pictures
        made = self.nets.blob("classifier", self.feature, np.concatenate(pictures))
        return np.split(made, ends[:-1])

    def row(self, label, i, target, slots, inside):
        n_all, n_inside = len(target.samples()), len(target.accepted())
        n, cost = n_inside if inside else n_all, cost_of(target)
        values = {"found": n, "samples": len(slots),
                  "share": n_inside / n_all if n_all else np.nan,
                  "steps": cost / n if n and cost > 0 else np.nan}
        if len(slots):
            values.update(spread_of(target.encodings(slots)))
        elif not inside:
            self.notes.append("%s: %s has %d samples, wanted at least %d to compare them" % (
                label, self.names[i], n, self.choice.fewest))
        return Row(label, self.names[i], inside, values)

    def real_row(self, label, reference, n, inside):
        """As many real pictures as the first file has samples, as if they were a method's."""
        chosen = reference.chosen(n)
        values = {"found": reference.n_found, "samples": len(chosen)}
        if len(chosen):
            places = reference.places[chosen]
            values.update(spread_of(self.real.encodings(places)), share=1.0,
                          **reference.realism(reference.own_features[chosen]),
                          real=len(reference.features))
        elif n:
            self.notes.append("%s: %d of %d real pictures are no set of %d to stand beside the "
                              "samples; --pictures looks through more" % (
                                  label, len(reference.places), reference.n_found, n))
        return Row(label, REAL, inside, values)

    def note_reference(self, label, reference):
        if len(reference.features) < FEWEST:
            self.notes.append("%s: %d real pictures in the window, %d to compare with, are too few "
                              "for realism, wanted %d; --pictures looks through more" % (
                                  label, reference.n_found, len(reference.features), FEWEST))


def spread_of(encodings):
    pairs, nearest = pair_and_neighbour_distance(encodings)
    return {"pairs": pairs, "nearest": nearest, "vendi": vendi(encodings)}


def labels_of(groups):
    """Of the targets; with their windows where one neuron has several."""
    labels = [group[0].label for group in groups]
    return ["%s, %s" % (label, " and ".join(windows_of(group[0]))) if labels.count(label) > 1
            else label for label, group in zip(labels, groups)]
