"""A small real run of the built program for the tests of this folder, and changed copies of it.
Started as a program it makes the run: a fixture of ctest, since that takes as long as a test."""

import glob
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

try:
    import h5py
    import numpy as np
    import PIL  # noqa: F401  (the scripts need it)
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

SOURCE, PROGRAM = os.environ["INVSET_SOURCE"], os.environ["INVSET_BUILD"] + "/invset"
ANALYSIS = SOURCE + "/analysis"
RUN = os.environ["INVSET_ANALYSIS_RUN"]  # the run file, in the build folder
BAG = "bag & <tag>"  # a name that HTML must not see
TARGETS = (("sneaker", [20, 30]), ("sneaker + ankle boot", [8, 20]), ("shirt", [500, 600]),
           (BAG, [30, 50]), ("ankle boot", [8, 20]))
N, K = 23, 10

CONFIG = """
models: {
  classifier: { net = "%(m)s/classifier.prototxt"; weights = "%(m)s/classifier.caffemodel.h5";
                mean = [73.0]; labels = "%(labels)s"; };
  generator: { net = "%(m)s/generator.prototxt"; weights = "%(m)s/generator.caffemodel.h5"; };
  encoder: { net = "%(m)s/encoder.prototxt"; weights = "%(m)s/encoder.caffemodel.h5";
             blob = "code"; };
};
targets: ( %(targets)s );
sampling: { samples = %(n)d; block = %(k)d; chains = 2; code_min = -2.5; code_max = 2.5;
            max_starts = 2; max_steps = 10; };
run: { backend = "cpu"; };
output: { file = "%(out)s"; };
"""


def make_run(path):
    """A run with full targets, one of two neurons, one out of reach, and one with a bad name."""
    config_path, labels = path + ".cfg", path + ".labels"
    with open(SOURCE + "/models/fashion/labels.txt") as old, open(labels, "w") as new:
        new.write(re.sub("(?m)^bag$", BAG, old.read()))
    groups = ['{ neurons = [%s]; window = [%.1f, %.1f]; }' % (
        ", ".join('"%s"' % name for name in label.split(" + ")), *window)
        for label, window in TARGETS]
    with open(config_path, "w") as config:
        config.write(CONFIG % {"m": SOURCE + "/models/fashion", "labels": labels, "out": path,
                               "targets": ", ".join(groups), "n": N, "k": K})
    subprocess.run([PROGRAM, "sample", "-q", "--restart", config_path], check=True)
    for older in glob.glob(path + ".old-*"):
        os.remove(older)


def script(name, *arguments):
    """Run a program of analysis/."""
    return subprocess.run([sys.executable, "-B", "%s/%s" % (ANALYSIS, name), *arguments],
                          capture_output=True, text=True)


class RunTest(unittest.TestCase):
    """A test with the run file at run_path, open as file."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.run_path = cls.folder + "/run.h5"
        shutil.copy(RUN, cls.run_path)
        cls.file = h5py.File(cls.run_path, "r", locking=False)  # as the scripts do
        cls.addClassCleanup(cls.file.close)

    @classmethod
    def changed(cls, name, change):
        """A copy of the run file, changed."""
        path = "%s/%s.h5" % (cls.folder, name)
        shutil.copy(cls.run_path, path)
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    @classmethod
    def accepted(cls, t):
        return np.flatnonzero(cls.file["sample_status"][t] == 1)

    def refused(self, done, *words):
        """That a program said no: exit code 2, a reason, and no Python."""
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("Traceback", done.stderr)


def with_reach(file):
    """The third target's window is relative to a reach that is not above 0, the fourth's is not
    known yet, the first's neuron is the largest of 36 units."""
    if "reach" in file:
        del file["reach"]
    n_targets, n_neurons = file["target_neuron"].shape
    file["target_units"][0, 0] = 36
    reach = np.full((n_targets, n_neurons, 4), np.nan, "f4")
    reach[0, 0] = 12, 41.5, 33, 40
    reach[2, 0] = -0.5, -2, -1, -0.25
    file["reach/activation"] = reach
    file["reach/code"] = np.arange(n_targets * n_neurons * 64, dtype="f4").reshape(
        n_targets, n_neurons, 64)
    file["reach/steps"] = np.array([100, 30, 50, 70, np.nan], "f4")
    records = np.zeros(n_targets, file["blocks/record"].dtype)
    for t, n in (0, 1), (2, 1), (3, 1):
        data = b"".join(file["reach/" + name][t][:n].tobytes() for name in ("activation", "code"))
        crc = zlib.crc32(data + file["reach/steps"][t].tobytes())
        head = struct.pack("<B3xII", 1, n * 4, crc)
        records[t] = (1, n * 4, crc, zlib.crc32(head))
    records[3]["crc32"] ^= 1  # its data were lost in a crash
    file["reach/record"] = records
    empty_target(file, 2)
    empty_target(file, 3)
    file["summary/status"][2] = 3


def empty_target(file, t):
    """As a target is before its window is known."""
    record, window = file["blocks/record"], file["window"]
    record[t] = np.zeros((), record.dtype)
    window[t] = np.nan
    file["summary/n_accepted"][t] = 0
    file["summary/status"][t] = 0


if __name__ == "__main__":
    make_run(RUN)
