"""What analysis/compare.py compares: the same target in several files, and which of its samples.
Knows no metrics and no tables.
"""

import numpy as np

from geometry import spread_over
from invset_run import RunError
from words import neuron_names, windows_of

ROLES = "classifier", "encoder"  # of the models that must be the same; generators may differ
SETTINGS = ("models.classifier.mean", "models.classifier.scale", "models.classifier.channels",
            "models.encoder.blob", "models.encoder.shared")


def check_same_nets(runs):
    """Activations and distances of runs can be compared only if the same nets measured them."""
    first = nets_of(runs[0])
    for run in runs[1:]:
        other = nets_of(run)
        for what in sorted(first.keys() | other.keys()):
            if first.get(what) != other.get(what):
                raise RunError("'%s' and '%s' differ in %s: %s and %s; wanted runs with the same "
                               "classifier and encoder" % (
                                   runs[0].path, run.path, what, first.get(what, "none"),
                                   other.get(what, "none")))


def nets_of(run):
    """{what: value}"""
    found = {name: run.settings.get(name, "none") for name in SETTINGS}
    found.update(("the file of the %s (SHA-256)" % role, sha256)
                 for role, _, sha256 in run.models() if role.split()[0] in ROLES)
    return found


def matched_targets(runs, wanted):
    """[[the Target of each run]], all of the first run or the wanted ones, in its order."""
    tables = [{key_of(target): target for target in run.targets(wanted)} for run in runs]
    for run, table in zip(runs[1:], tables[1:]):
        refuse_lacking(runs[0], tables[0], run, table)
        refuse_lacking(run, table, runs[0], tables[0])
    return [[table[key] for table in tables] for key in tables[0]]


def refuse_lacking(run, table, other, other_table):
    """RunError if the other run lacks one of the run's targets."""
    lacking = [target for key, target in table.items() if key not in other_table]
    if lacking:
        raise RunError("'%s' has the target %s, '%s' %s; wanted the same targets and windows in "
                       "all files (--target names those to compare)"
                       % (run.path, name_of(lacking[0]), other.path,
                          what_instead(lacking[0], other_table.values())))


def key_of(target):
    return (*quantities_of(target), *map(str, target.windows.ravel()))


def quantities_of(target):
    """What has to be in the windows."""
    return tuple(zip(target.blobs, target.neurons, target.units, target.quantities))


def name_of(target):
    return " and ".join("%s %s" % pair for pair in zip(neuron_names(target), windows_of(target)))


def what_instead(target, others):
    same = [other for other in others if quantities_of(other) == quantities_of(target)]
    return "has it with the window %s" % ", ".join(windows_of(same[0])) if same else "has not"


def cost_of(target):
    """Sample-steps of a target: those of all its slots, in or not, its probes, and its share of the
    pool of starts.  0 if the file says nothing of steps."""
    pool = target.run.pool_steps if np.isfinite(target.run.pool_steps) else 0
    return float(np.nansum(target.steps) + np.nan_to_num(target.reach_steps)
                 + pool / target.run.n_targets)


def in_order_of_time(target):
    """Filled slots as a run makes them: the seed block, then the chains' first blocks, and so on
    (chains run side by side)."""
    slots = target.filled()
    return slots[np.lexsort((slots, target.chain[slots], target.chain_block[slots],
                             target.chain[slots] >= 0))]


def paid_for(target, budget):
    """Slots that so many sample-steps pay for, probes and a share of the pool first; what was given
    up is paid, too."""
    order = in_order_of_time(target)
    before = cost_of(target) - np.nansum(target.steps)
    spent = before + np.cumsum(np.nan_to_num(target.steps[order]))
    return np.sort(order[spent <= budget * (1 + 1e-9)])


class Choice:
    """How samples are chosen, so that sets of the same target can be compared.

    "equal": as many of each file as the file with fewest has, evenly spread over its slots;
    "all"; or "steps": at each target, what the file that spent least there has spent (files without
    steps, such as data sets, keep all).  Files with fewer than `fewest` samples do not take part.
    """

    def __init__(self, how, fewest):
        self.how, self.fewest = how, fewest

    def words(self):
        return {"equal": "At each target as many samples are compared of each file as the file "
                         "with fewest has, evenly spread over its slots.",
                "all": "All samples are compared: numbers of different methods that hang on the "
                       "number of samples (nearest, Vendi, Frechet, recall) may not be.",
                "steps": "Samples are those that the work of the file that took least at the "
                         "target pays for: numbers that hang on the number of samples (nearest, Vendi, "
                         "Frechet, recall) tell what the same work buys."}[self.how]

    def slots(self, targets, inside):
        """[(n) slots] of the samples of each file, or only of those in the window."""
        found = [target.accepted() if inside else target.samples() for target in targets]
        if self.how == "steps":
            costs = [cost_of(target) for target in targets]
            least = min((cost for cost in costs if cost > 0), default=0)
            found = [np.intersect1d(slots, paid_for(target, least)) if cost > 0 else slots
                     for target, slots, cost in zip(targets, found, costs)]
        found = [slots if len(slots) >= self.fewest else slots[:0] for slots in found]
        if self.how == "equal":
            least = min((len(slots) for slots in found if len(slots)), default=0)
            found = [spread_over(slots, least) for slots in found]
        return found
