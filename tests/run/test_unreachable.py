"""A window that no picture reaches is a result, with the best attempts on file; it does not touch the
other targets."""
import unittest

from run_python import *

FAR = '{ neurons = ["sneaker"]; window = [500.0, 600.0]; }'
POOL = "starts = 256; max_starts = 4;"  # the pool's size would depend on the number of targets
FULL, NOT_REACHED = 1, 3


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.without = sampled("unreachable-without", [SNEAKER, TROUSER], sampling=POOL)
        cls.folder = new_folder("unreachable-beside")
        # Random numbers are named by the target's number, so the far one comes last.
        write_config(cls.folder, [SNEAKER, TROUSER, FAR], sampling=POOL)
        cls.words = sample(cls.folder, ranks=2)
        cls.path = cls.folder + "/run.h5"

    def test_others_are_untouched(self):
        with h5py.File(self.without, "r") as a, h5py.File(self.path, "r") as b:
            for name in ("code", "encoding", "activation", "image", "sample_status", "sample_steps",
                         "chain", "chain_block", "restarts", "blocks/record", "summary/status",
                         "summary/steps", "summary/activation_mean"):
                np.testing.assert_array_equal(a[name][()], b[name][:2], name)

    def test_summary(self):
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["summary/status"][()].tolist(), [FULL, FULL, NOT_REACHED])
            self.assertEqual(file["summary/n_accepted"][()].tolist(), [20, 20, 0])
            self.assertEqual(file["summary/complete"][()], 1)
            self.assertTrue(np.isnan(file["summary/activation_mean"][2]))
            best = file["summary/best_activation"][2]
            self.assertEqual(best, np.nanmax(file["activation"][2]))
            self.assertTrue(30 < best < 500, best)
            # The seeds were tried; then the target was left alone.
            self.assertEqual(file["blocks/record"]["state"][2].tolist(), [2, 0, 0, 0])
            self.assertEqual(file["sample_status"][2].tolist(), 5 * [2] + 15 * [0])
            self.assertEqual(file["restarts"][2][:5].tolist(), 5 * [4])  # all starts were given up
        self.assertIn("sneaker (fc8[7]): window [500, 600] not reached", self.words)
        self.assertIn(f"best activation found {best:.4g}", self.words)
        self.assertIn("2 full, 0 partly, 1 not reached", self.words)

    def test_check(self):
        done = invset(self.folder, "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("40 accepted samples, all inside", done.stdout)
        self.assertNotIn("not complete", done.stdout)

    def test_stored_attempts_belong_together(self):
        """Picture, code and activation of a slot are of one attempt, whether accepted or not."""
        with h5py.File(self.path, "r") as file:
            there = file["sample_status"][()] > 0
            pictures, codes = file["image"][()][there], file["code"][()][there]
            units = np.repeat([7, 1, 7], there.sum(axis=1))
            activation = file["activation"][()][there]
        fc8 = self.forward("classifier", "data", pictures[:, None] - np.float32(73), "fc8")
        np.testing.assert_array_equal(fc8[np.arange(len(units)), units], activation)
        # The classifier takes the middle 28 x 28 of the generator's 32 x 32.
        made = self.forward("generator", "feat", codes, "conv3_1")[:, 2:30, 2:30] + np.float32(73)
        np.testing.assert_array_equal(np.rint(np.clip(made, 0, 255)), pictures)

    def forward(self, net, blob, values, wanted):
        with h5py.File(f"{self.folder}/{net}-in.h5", "w") as file:
            file["input/" + blob] = values
        files = [f"models/fashion/{net}.prototxt", f"models/fashion/{net}.caffemodel.h5"]
        done = invset(self.folder, "forward", *files, f"{net}-in.h5", f"{net}-out.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        with h5py.File(f"{self.folder}/{net}-out.h5", "r") as file:
            return file["forward/" + wanted][()].squeeze()

    def test_alone(self):
        folder = new_folder("unreachable-alone")
        write_config(folder, [FAR], sampling=POOL)
        done = invset(folder, "sample", "run.cfg", ranks=2)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stdout.count("no sample was accepted: no target's window was reached"),
                         1, done.stdout)
        with h5py.File(folder + "/run.h5", "r") as file:
            self.assertEqual(file["summary/complete"][()], 1)
            self.assertEqual(file["summary/status"][()].tolist(), [NOT_REACHED])


if __name__ == "__main__":
    unittest.main()
