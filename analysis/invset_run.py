"""Read a run file of invset, finished or not.  src/store/layout.c describes the format.

A block counts if and only if its record is sound; the slots of others read as EMPTY, whatever lies
there.  Knows nothing of pages and charts.  Letters: T targets, S slots, M neurons, C chains.
"""

import os
import struct
import zlib
from dataclasses import dataclass

import h5py
import numpy as np

EMPTY, ACCEPTED, NOT_REACHED = 0, 1, 2  # states of a slot
OUTCOMES = "not finished", "full", "partly reached", "not reached"  # by number, as in the file
FORMAT_VERSION = 2


class RunError(Exception):
    """A file that cannot be reported on: which, why, and what was wanted."""


@dataclass
class Target:
    """One target's slots, without codes, encodings and pictures."""

    number: int  # row in the run file
    label: str
    blob: str
    neurons: list  # (M) unit indices from 0
    windows: np.ndarray  # (M, 2) lowest and highest activation
    n_blocks: int
    n_blocks_done: int  # chains none of whose samples get in end early, so it may stay below
    ended: str  # how the target ended, or "" before the end of the run
    n_accepted_at_end: int  # as the finished run counted, -1 before
    status: np.ndarray  # (S) EMPTY, ACCEPTED or NOT_REACHED
    activation: np.ndarray  # (S, M), NaN where EMPTY
    steps: np.ndarray  # (S) sample-steps, 0 where EMPTY
    chain: np.ndarray  # (S) -1 for the seed block
    restarts: np.ndarray  # (S) 0 where EMPTY

    def accepted(self):
        """Accepted slots, in slot order."""
        return np.flatnonzero(self.status == ACCEPTED)

    def filled(self):
        """Slots with a sample, accepted or not."""
        return np.flatnonzero(self.status != EMPTY)

    def by_gap(self, status=None):
        """Filled slots, or those of a status; the first neuron's activation nearest to its window
        comes first."""
        slots = self.filled() if status is None else np.flatnonzero(self.status == status)
        values, (low, high) = self.activation[slots, 0].astype(float), self.windows[0]
        gaps = np.maximum(0, np.maximum(low - values, values - high))
        return slots[np.argsort(gaps, kind="stable")]

    def best_activation(self, status=None):
        """The first neuron's activation nearest to its window, NaN if there is none."""
        slots = self.by_gap(status)
        return float(self.activation[slots[0], 0]) if len(slots) else np.nan

    def outcome(self):
        """How the target ended, one of OUTCOMES.  If no sample of the seed block got in, the target
        is left alone; so it has ended, even if the run has not."""
        n = len(self.accepted())
        if self.ended:
            return self.ended
        if n == len(self.status):
            return "full"
        return "not reached" if self.n_blocks_done and not n else "not finished"


class Run:
    """An open run file."""

    def __init__(self, path):
        self.path = path
        self._file = open_file(path)
        self.complete = bool(self._read("summary/complete"))
        self.pool_steps = float(self._read("summary/pool_steps"))  # NaN until complete
        self.labels, self.blobs = self._texts("target_label"), self._texts("target_blob")
        self.n_targets, self.n_slots = self._shape("sample_status")
        self.block_size = int(self._attribute("block_size"))
        self.n_blocks = -(-self.n_slots // self.block_size)
        shape = self._shape("image")
        self.picture_shape = tuple(shape[2:])  # (H, W) grey or (H, W, 3) RGB
        self.with_encodings = "encoding" in self._file
        self.config_text = self._text("config_text")
        self.settings = dict(
            line.split(" = ", 1) for line in self._text("settings").splitlines() if " = " in line)
        self.program_version = self._attribute("program_version")
        self.git_revision = self._attribute("git_revision")
        self.settings_sha256 = self._attribute("settings_sha256")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def target(self, t):
        """Read target number t."""
        done = self._sound_records(t)
        filled = np.repeat(done, self.block_size)[: self.n_slots]
        units = np.atleast_1d(self._read("target_neuron", t))
        m = int((units >= 0).sum())

        def slots(name, otherwise):
            return np.where(filled, self._read(name, t), otherwise)

        activation = self._read("activation", t).reshape(self.n_slots, -1)[:, :m]
        return Target(
            number=t, label=self.labels[t], blob=self.blobs[t],
            neurons=[int(unit) for unit in units[:m]],
            windows=self._read("window", t).reshape(-1, 2)[:m].astype(float),
            n_blocks=self.n_blocks, n_blocks_done=int(done.sum()),
            ended=OUTCOMES[int(self._read("summary/status", t))] if self.complete else "",
            n_accepted_at_end=int(self._read("summary/n_accepted", t)) if self.complete else -1,
            status=slots("sample_status", EMPTY),
            activation=np.where(filled[:, None], activation, np.nan),
            steps=slots("sample_steps", 0).astype(float), chain=slots("chain", -1),
            restarts=slots("restarts", 0))

    def pictures(self, t, slots):
        """{slot: picture} of target t, (H, W) or (H, W, 3), 8 bit."""
        rows = sorted(set(int(s) for s in slots))
        return dict(zip(rows, self._read("image", (t, rows)))) if rows else {}

    def encodings(self, t, slots):
        """(slots, E) in double; slots ascend."""
        return self._read("encoding", (t, list(slots))).astype(float)

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

    def _sound_records(self, t):
        """(B) whether each block of target t is there."""
        sizes = np.full(self.n_blocks, self.block_size)
        sizes[-1] = self.n_slots - (self.n_blocks - 1) * self.block_size
        sound = []
        for record, size in zip(self._read("blocks/record", t).tolist(), sizes):
            state, n, crc, record_crc = record
            head = struct.pack("<B3xII", state, n, crc)
            sound.append(state in (1, 2) and n == size and zlib.crc32(head) == record_crc)
        return np.array(sound)

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
        raise RunError("'%s' has format version %s, wanted %d; use the report.py of the program "
                       "that made it" % (path, version, FORMAT_VERSION))
    return file
