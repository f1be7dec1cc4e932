"""Read a run file of invset, finished or not.  src/store/layout.c describes the format.

    from invset_run import open_run          # sys.path must have analysis/

    # 1. Every target and how it went
    with open_run("out/fashion-all.h5") as run:
        for target in run.targets():
            print(target.label, target.windows[0], len(target.accepted()), target.outcome())

    # 2. The accepted samples of one target as arrays; rows of all arrays belong together
    sneaker = open_run("out/fashion-all.h5").target("sneaker")
    slots = sneaker.accepted()
    codes, encodings = sneaker.codes(slots), sneaker.encodings(slots)         # (n, D), (n, E)
    activation = sneaker.activation[slots, 0]                                 # (n)

    # 3. Its strongest sample as an RGB picture, whether the run is grey or in colour
    import matplotlib.pyplot as plt
    plt.imshow(sneaker.pictures(slots[[activation.argmax()]])[0])             # (H, W, 3), 8 bit

A block counts if and only if its record is sound; the slots of others read as EMPTY, whatever lies
there.  Knows nothing of pages and charts.  Letters: T targets, S slots, M neurons of a target,
C chains, D numbers of a code, E of an encoding, R starts that looked for a target's reach.
"""

import os
import re
import struct
import zlib
from dataclasses import dataclass, field

import h5py
import numpy as np

EMPTY, ACCEPTED, NOT_REACHED, OUTSIDE = 0, 1, 2, 3  # states of a slot
ACTIVATION, PROBABILITY = 0, 1  # what of a neuron is in its window
OUTCOMES = "not finished", "full", "partly reached", "not reached"  # by number, as in the file
OUTCOMES_OF_OTHERS = ("not finished", "all in the window", "some in the window",  # of methods that
                      "none in the window")  # keep samples outside
FORMAT_VERSION = 3


def open_run(path):
    """The Run of a file; raises RunError if it is none."""
    return Run(path)


def split_label(label):
    """Names of a target's neurons; " - " stands before one whose window has no lower side."""
    return re.split(" [+-] ", label)


class RunError(Exception):
    """A file that cannot be reported on: which, why, and what was wanted."""


@dataclass
class Target:
    """One target's slots.  Codes, encodings and pictures are read when they are asked for."""

    run: "Run" = field(repr=False)
    number: int  # row in the run file
    label: str
    blobs: list  # (M) blob that each neuron is a unit of
    neurons: list  # (M) unit indices from 0
    units: list  # (M) how many units from there on, whose largest value is the activation
    quantities: list  # (M) ACTIVATION, or PROBABILITY by the softmax over the blob
    windows: np.ndarray  # (M, 2) lowest and highest of that, infinite without limit; NaN: not known
    #                      yet, or out of reach
    reach: np.ndarray  # (M, R) largest activation that each ascent reached, NaN where there is none
    reach_known: bool  # whether the ascents of this target are in the file
    reach_steps: float  # sample-steps of the ascents, in no slot's steps
    n_blocks: int
    n_blocks_done: int  # chains none of whose samples get in end early, so it may stay below
    ended: str  # how the target ended, or "" before the end of the run
    n_accepted_at_end: int  # as the finished run counted, -1 before
    status: np.ndarray  # (S) EMPTY, ACCEPTED, NOT_REACHED or OUTSIDE
    activation: np.ndarray  # (S, M) of each neuron's quantity, NaN where EMPTY
    steps: np.ndarray  # (S) sample-steps, 0 where EMPTY
    chain: np.ndarray  # (S) -1 for the seed block
    chain_block: np.ndarray  # (S) number of the block within its chain
    restarts: np.ndarray  # (S) 0 where EMPTY
    block_seconds: np.ndarray  # (S) wall time of the sample's block, 0 where EMPTY

    def accepted(self):
        """Accepted slots, in slot order."""
        return np.flatnonzero(self.status == ACCEPTED)

    def samples(self):
        """Slots that the run's method holds for samples, in the window or not, in slot order."""
        return np.flatnonzero((self.status == ACCEPTED) | (self.status == OUTSIDE))

    def filled(self):
        """Slots with a sample, accepted or not."""
        return np.flatnonzero(self.status != EMPTY)

    def by_gap(self, status=None):
        """Filled slots, or those of a status; the one nearest to all windows comes first."""
        slots = self.filled() if status is None else np.flatnonzero(self.status == status)
        worst = np.zeros(len(slots))
        for m, window in enumerate(self.windows):
            values, (low, high) = (self._values(m, x) for x in (self.activation[slots, m], window))
            worst = np.maximum(worst, np.maximum(low - values, values - high))
        return slots[np.argsort(worst, kind="stable")]

    def _values(self, m, stored):
        """What gaps are measured in: activations, or log-odds of probabilities."""
        stored = np.asarray(stored, float)
        if self.quantities[m] == ACTIVATION:
            return stored
        p = np.clip(stored, 1e-46, 1 - 3e-8)  # float32 rounds to 0 and 1
        return np.log(p) - np.log1p(-p)

    def best_activation(self, status=None):
        """The first neuron's activation in the slot nearest to all windows, NaN if there is none."""
        slots = self.by_gap(status)
        return float(self.activation[slots[0], 0]) if len(slots) else np.nan

    def highest_activation(self):
        """The first neuron's highest activation that the run has seen, NaN if it has seen none."""
        seen = np.concatenate([self.activation[:, 0], self.reach[0]])
        return float(seen[np.isfinite(seen)].max()) if np.isfinite(seen).any() else np.nan

    def has_windows(self):
        """Whether all windows are known; else no sample can be there."""
        return not np.isnan(self.windows).any()

    def out_of_reach(self):
        """Whether there is no window because the reach of a neuron, which the window is relative
        to, is not above 0.  False too if that is not known yet."""
        reached = (self.reach > 0).any(1)[np.isnan(self.windows).any(1)]
        return not self.has_windows() and bool(self.ended or (self.reach_known and
                                                              not reached.all()))

    def outcome(self):
        """How the target ended, one of run.outcomes.  If no sample of the seed block got in, the target
        is left alone; so it has ended, even if the run has not."""
        n = len(self.accepted())
        if self.ended:
            return self.ended
        if n == len(self.status):
            return self.run.outcomes[1]
        given_up = self.n_blocks_done and not n and not self.run.keeps_outside
        return self.run.outcomes[3 if given_up else 0]

    def pictures(self, slots=None):
        """(slots, H, W, 3) RGB of any slots, 8 bit; of the accepted ones if none are named."""
        stored = self.stored_pictures(slots)
        return stored if stored.ndim == 4 else np.repeat(stored[..., None], 3, axis=3)

    def stored_pictures(self, slots=None):
        """As pictures(), but (slots, H, W) if the run is grey."""
        return self._rows("image", slots)

    def codes(self, slots=None):
        """(slots, D), the generator's input."""
        return self._rows("code", slots)

    def encodings(self, slots=None):
        """(slots, E), what the samples' distances are measured in; RunError if the run was made
        without (run.with_encodings)."""
        if not self.run.with_encodings:
            raise RunError("'%s' has no encodings: the run was made with output.encodings = false"
                           % self.run.path)
        return self._rows("encoding", slots)

    def reach_codes(self):
        """(M, D) codes of the highest activations of ascents, of no meaning unless reach_known."""
        return np.atleast_2d(self.run._read("reach/code", self.number))[: len(self.neurons)]

    def names(self):
        """Of the target and of its neurons: what one may call it by."""
        return {self.label, *split_label(self.label), *map(str, self.neurons)}

    def _rows(self, name, slots):
        slots = self.accepted() if slots is None else np.asarray(slots, int)
        if not len(slots):
            return np.zeros((0,) + self.run._shape(name)[2:], self.run._dataset(name).dtype)
        first, last = int(slots.min()), int(slots.max()) + 1
        if last - first <= 4 * len(slots):  # HDF5 reads one piece much faster than many rows
            return self.run._read(name, (self.number, slice(first, last)))[slots - first]
        rows, places = np.unique(slots, return_inverse=True)
        return self.run._read(name, (self.number, rows))[places]


class Run:
    """An open run file."""

    def __init__(self, path):
        self.path = path
        self._file = open_file(path)
        self.complete = bool(self._read("summary/complete"))
        self.pool_steps = float(self._read("summary/pool_steps"))  # NaN until complete
        self.labels = self._texts("target_label")
        self.n_targets, self.n_slots = self._shape("sample_status")
        self.block_size = int(self._attribute("block_size"))
        self.n_blocks = -(-self.n_slots // self.block_size)
        shape = self._shape("image")
        self.picture_shape = tuple(shape[2:])  # (H, W) grey or (H, W, 3) RGB
        self.with_encodings = "encoding" in self._file
        self.with_reach = "reach" in self._file  # some window hangs on what the neuron can reach
        self.config_text = self._text("config_text")
        self.settings = dict(
            line.split(" = ", 1) for line in self._text("settings").splitlines() if " = " in line)
        self.method = self._attribute("method")  # what made the samples: "invset", "ppgn"
        self.keeps_outside = self.method != "invset"  # others need not be in the window
        self.outcomes = OUTCOMES_OF_OTHERS if self.keeps_outside else OUTCOMES
        self.program_version = self._attribute("program_version")
        self.git_revision = self._attribute("git_revision")
        self.settings_sha256 = self._attribute("settings_sha256")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def targets(self, wanted=()):
        """All targets, or those that have one of the wanted names (labels, class names, or unit
        indices as text), in the order of the file."""
        targets = [self.target(t) for t in range(self.n_targets)]
        for name in wanted:
            if not any(name in target.names() for target in targets):
                raise RunError("'%s': no target of the run has the class name or unit '%s'; it has "
                               "%s" % (self.path, name, ", ".join(sorted(set(self.labels))[:20])))
        return [t for t in targets if not wanted or t.names() & set(wanted)]

    def target(self, which):
        """One target, by its number (from 0) or its label."""
        if isinstance(which, str):
            if which not in self.labels:
                raise RunError("'%s': no target of the run is labelled '%s'; it has %s"
                               % (self.path, which, ", ".join(sorted(set(self.labels))[:20])))
            which = self.labels.index(which)
        if not 0 <= which < self.n_targets:
            raise RunError("'%s': there is no target %d; the run has %d, counted from 0"
                           % (self.path, which, self.n_targets))
        return self._read_target(int(which))

    def _read_target(self, t):
        done = self._sound_records(t)
        filled = np.repeat(done, self.block_size)[: self.n_slots]
        first_units = np.atleast_1d(self._read("target_neuron", t))
        m = int((first_units >= 0).sum())
        reach, reach_steps = self._sound_reach(t, m)

        def slots(name, otherwise):
            return np.where(filled, self._read(name, t), otherwise)

        activation = self._read("activation", t).reshape(self.n_slots, -1)[:, :m]
        seconds = np.repeat(self._read("provenance/blocks", t)["seconds"], self.block_size)
        return Target(
            run=self, number=t, label=self.labels[t],
            blobs=[blob.decode(errors="replace")
                   for blob in np.atleast_1d(self._read("target_blob", t))[:m]],
            neurons=[int(unit) for unit in first_units[:m]],
            units=[int(n) for n in np.atleast_1d(self._read("target_units", t))[:m]],
            quantities=[int(q) for q in np.atleast_1d(self._read("target_quantity", t))[:m]],
            windows=self._read("window", t).reshape(-1, 2)[:m].astype(float),
            reach=np.full((m, 1), np.nan) if reach is None else reach.astype(float),
            reach_known=reach is not None, reach_steps=reach_steps,
            n_blocks=self.n_blocks, n_blocks_done=int(done.sum()),
            ended=self.outcomes[int(self._read("summary/status", t))] if self.complete else "",
            n_accepted_at_end=int(self._read("summary/n_accepted", t)) if self.complete else -1,
            status=slots("sample_status", EMPTY),
            activation=np.where(filled[:, None], activation, np.nan),
            steps=slots("sample_steps", 0).astype(float), chain=slots("chain", -1),
            chain_block=slots("chain_block", -1), restarts=slots("restarts", 0),
            block_seconds=np.where(filled, seconds[: self.n_slots], 0))

    def models(self):
        """[(role, path, SHA-256)]"""
        if "models/role" not in self._file:
            return []
        return list(zip(*(self._texts("models/" + name) for name in ("role", "path", "sha256"))))

    def making(self):
        """Who made the blocks and when: first and last second since 1970 (UTC), number of ranks,
        host names, and how often the run was started; None if no block is there."""
        rows = self._read("provenance/blocks")
        rows = rows[rows["attempt"] > 0]
        if not len(rows):
            return None
        return {"begin": float((rows["t_end"] - rows["seconds"]).min()),
                "end": float(rows["t_end"].max()), "ranks": len(np.unique(rows["rank"])),
                "hosts": sorted(h.decode(errors="replace") for h in np.unique(rows["host"])),
                "starts": int(rows["attempt"].max())}

    def rank_seconds(self):
        """Seconds in which the ranks had blocks under way, summed over the ranks.  Not the sum of
        the blocks' own seconds, as a rank makes many at once; the pool of starts and the probes are
        in none."""
        rows = self._read("provenance/blocks")
        rows = rows[rows["attempt"] > 0]
        total = 0.0
        for rank in np.unique(rows["rank"]):
            own = rows[rows["rank"] == rank]
            begins, ends = own["t_end"] - own["seconds"], own["t_end"]
            order = np.argsort(begins)
            known = np.maximum.accumulate(ends[order])  # how far the time before is counted
            before = np.concatenate([[-np.inf], known[:-1]])
            total += np.maximum(0, ends[order] - np.maximum(begins[order], before)).sum()
        return float(total)

    def _sound_records(self, t):
        """(B) whether each block of target t is there."""
        sizes = np.full(self.n_blocks, self.block_size)
        sizes[-1] = self.n_slots - (self.n_blocks - 1) * self.block_size
        sound = []
        for record, size in zip(self._read("blocks/record", t), sizes):
            sound.append(is_sound(record, size))
        return np.array(sound)

    def _sound_reach(self, t, m):
        """(M, R) what the ascents of target t reached, None if they are not in the file, and their
        steps.  Unlike a block's, their record is no proof: the data must fit its CRC, too."""
        if not self.with_reach:
            return None, 0.0
        found, codes = (np.atleast_2d(self._read("reach/" + name, t))[:m]
                        for name in ("activation", "code"))
        steps, record = self._read("reach/steps", t), self._read("reach/record", t)
        data = found.tobytes() + codes.tobytes() + steps.tobytes()
        if not is_sound(record, found.size) or record["crc32"] != zlib.crc32(data):
            return None, 0.0
        return found, float(steps)

    def _dataset(self, name):
        try:
            return self._file[name]
        except KeyError:
            raise RunError("'%s' is no run file of invset: it has no dataset '%s'"
                           % (self.path, name)) from None

    def _read(self, name, index=()):
        try:
            return self._dataset(name)[index]
        except OSError as error:
            raise RunError("'%s': cannot read dataset '%s': %s"
                           % (self.path, name, error)) from None

    def _shape(self, name):
        return self._dataset(name).shape

    def _text(self, name):
        return self._read(name).decode(errors="replace")

    def _texts(self, name):
        return [text.decode(errors="replace") for text in self._read(name)]

    def _attribute(self, name):
        if name not in self._file.attrs:
            raise RunError("'%s' is no run file of invset: it has no attribute '%s'"
                           % (self.path, name))
        return self._file.attrs[name]


def is_sound(record, n):
    """Whether a record says that n of something are there, and its own CRC is right."""
    state, counted, crc, record_crc = record.tolist()
    head = struct.pack("<B3xII", state, counted, crc)
    return state in (1, 2) and counted == n and zlib.crc32(head) == record_crc


def open_file(path):
    """Open an HDF5 file that is a run file of our version."""
    if not os.path.exists(path):
        raise RunError("there is no file '%s'; wanted the run file (.h5) of `invset sample`" % path)
    if not os.path.isfile(path):
        raise RunError("'%s' is not a file; wanted the run file (.h5) of `invset sample`" % path)
    try:
        file = h5py.File(path, "r", locking=False)  # a run that writes is not disturbed
    except OSError as error:
        raise RunError("'%s' cannot be opened as HDF5: %s" % (path, error)) from None
    convention = file.attrs.get("Conventions", "none")
    version = file.attrs.get("format_version", 0)
    if not str(convention).startswith("InvSet-"):
        raise RunError("'%s' is an HDF5 file, but no run file of invset: its Conventions are '%s', "
                       "wanted 'InvSet-1.0'" % (path, convention))
    if version != FORMAT_VERSION:
        raise RunError("'%s' has format version %s, wanted %s; use the analysis/ of the program "
                       "that made it" % (path, version, FORMAT_VERSION))
    return file
