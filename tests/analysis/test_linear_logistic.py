"""analysis/linear_logistic.py: a run on the bundled linear neurons covers its slabs, as far as the
sampler does today; and the comparison notices a set that does not.  slab.py's samples are uniform."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from small_run import ANALYSIS, PROGRAM, SOURCE, h5py, np, script

sys.path.insert(0, ANALYSIS)
from slab import OutOfReach, Slab  # noqa: E402

SAMPLES = 600
# What is asked of the samples: deviations by the uniform's, along every direction, and shares of the
# window's tenths.  From starts alone a little less: of a set that is uniform, deviations of 300
# samples along 784 directions are 0.83 by chance.
LEAST, LEAST_FROM_STARTS, LEAST_SHARE = 0.8, 0.75, 0.4


class TestSlab(unittest.TestCase):
    """Two pixels: all pictures of the slab can be listed."""

    def counts(self, window):
        slab = Slab([0.02, -0.013], 0.3, window)
        listed = np.indices((256, 256)).reshape(2, -1).T
        f = slab.activation(listed)
        inside = (f >= window[0]) & (f <= window[1])
        found = slab.uniform(100 * inside.sum(), np.random.default_rng(2)) @ [256, 1]
        counts = np.bincount(found.astype(int), minlength=65536)
        self.assertEqual(counts[~inside].sum(), 0)
        return counts[inside]

    def test_uniform(self):
        for window in (2.5, 2.7), (-2.6, -2.4), (0.9, 1.1), (-9.0, -2.3):
            counts = self.counts(window)
            square = ((counts - 100) ** 2 / 100).mean()  # chi-square of each degree of freedom
            self.assertLess(abs(square - 1), 5 * np.sqrt(2 / len(counts)), window)

    def test_out_of_reach(self):
        for window in (5.5, 6.0), (-5.0, -4.0), (1.0, 1.0):
            with self.assertRaises(OutOfReach):
                Slab([0.02, -0.013], 0.3, window)


class TestRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.symlink(SOURCE + "/models", cls.folder + "/models")
        os.chdir(cls.folder)  # paths of the config are relative
        cls.sample("run.h5")
        # The thin window, by starts alone: without steps along it, it is for the aim to fill.
        cls.sample("starts.h5", "--set", "sampling.chain_length=1", "--set", "run.slice=[3, 3]")
        os.rename("starts.slice-3-of-3.h5", "starts.h5")

    @staticmethod
    def sample(path, *settings):
        subprocess.run([PROGRAM, "sample", "-q", SOURCE + "/config/linear-logistic.cfg", "--set",
                        "sampling.samples=%d" % SAMPLES, "--set", "output.file=" + path, *settings],
                       check=True)

    def compare(self, path, *arguments):
        return script("linear_logistic.py", path, "--uniform", "1000", *arguments)

    def test_covers(self):
        figure = self.folder + "/figure.png"
        done = self.compare("run.h5", "--least", str(LEAST), "--least-share", str(LEAST_SHARE), "-o",
                            figure)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count(": 600 samples beside 1000 uniform ones"), 3)
        with open(figure, "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")

    def test_covers_from_starts_alone(self):
        done = self.compare("starts.h5", "--least", str(LEAST_FROM_STARTS), "--least-share",
                            str(LEAST_SHARE))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_notices_what_is_missing(self):
        """One pixel of all samples is the same; its weight is so small that they stay inside."""
        with h5py.File("models/linear/classifier.caffemodel.h5", "r") as file:
            weights, bias = file["data/fc8/0"][8].astype(float), file["data/fc8/1"][8]
        pixel = np.abs(weights).argmin()
        shutil.copy("starts.h5", "flat.h5")
        with h5py.File("flat.h5", "r+") as file:
            for name in "image", "code":
                values = file[name][:]
                values.reshape(SAMPLES, -1)[:, pixel] = 128
                file[name][...] = values
            activation = (file["image"][:].reshape(SAMPLES, -1) - 73.0) @ weights + bias
            file["activation"][...] = activation.reshape(file["activation"].shape)
        done = self.compare("flat.h5", "--least", "0.01")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("the smallest ratio of a deviation is 0.000", done.stdout)

    def test_refused(self):
        os.symlink("models/fashion/classifier.caffemodel.h5", "eight.h5")
        for change, words in (
                (lambda file: file["code"].__setitem__((0, 0), 17), "wanted codes that are the pic"),
                (lambda file: file["activation"].__setitem__((0, 0), 17), "from those of the weights"),
                (lambda file: file["models/path"].__setitem__(1, b"eight.h5"), "8 layers")):
            shutil.copy("run.h5", "bad.h5")
            with h5py.File("bad.h5", "r+") as file:
                change(file)
            done = self.compare("bad.h5")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
