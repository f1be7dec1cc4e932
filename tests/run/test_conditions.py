"""Targets of several conditions end to end: neurons of two blobs, each with its window, probabilities,
relative windows beside fixed ones; the same on any number of ranks, and right by `invset check`."""
import unittest

from run_python import *

BOTH = ('{ neurons = ["pullover"]; window = [8.0, 14.0]; '
        'and = ( { neurons = ["coat"]; window = [8.0, 15.0]; }, '
        '{ index = 67; blob = "fc7"; window = [-1.0, 6.0]; } ); }')
LIKELY = '{ neurons = ["shirt"]; probability = [0.3, 0.6]; }'
MIXED = ('{ neurons = ["sneaker"]; reach = [0.4, 0.6]; '
         'and = ( { neurons = ["bag"]; window = [-100.0, 5.0]; } ); }')
FAR = ('{ neurons = ["trouser"]; window = [60.0, 70.0]; '
       'and = ( { neurons = ["bag"]; window = [60.0, 70.0]; } ); }')
OPEN = ('{ neurons = ["ankle boot"]; above = 6.0; '
        'and = ( { neurons = ["sneaker"]; below = 8.0; } ); }')
PROBE = "starts = 256; max_starts = 8; probe_starts = 2; probe_steps = 8;"


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.words = {}
        for ranks in 0, 2:
            folder = new_folder(f"conditions-np{ranks}")
            write_config(folder, [BOTH, LIKELY, MIXED, FAR, OPEN], samples=10, sampling=PROBE)
            cls.words[ranks] = sample(folder, ranks=ranks)
        cls.folder = folder
        cls.file = h5py.File(folder + "/run.h5", "r")

    @classmethod
    def tearDownClass(cls):
        cls.file.close()

    def test_same_on_ranks(self):
        with h5py.File("conditions-np0/run.h5", "r") as alone:
            for name in ("code", "image", "activation", "window", "sample_status", "reach/activation"):
                np.testing.assert_array_equal(alone[name][()], self.file[name][()], name)

    def test_layout(self):
        file = self.file
        self.assertEqual(file.attrs["method"], "invset")
        self.assertEqual(file["target_label"].asstr()[()].tolist(),
                         ["pullover + coat + fc7[67]", "shirt", "sneaker + bag", "trouser + bag",
                          "ankle boot - sneaker"])
        self.assertEqual(file["target_blob"].asstr()[0].tolist(), ["fc8", "fc8", "fc7"])
        self.assertEqual(file["target_neuron"][()].tolist(),
                         [[2, 4, 67], [6, -1, -1], [7, 8, -1], [1, 8, -1],
                                                          [9, 7, -1]])
        self.assertEqual(file["target_quantity"][:, 0].tolist(), [0, 1, 0, 0, 0])
        self.assertEqual(file["summary/n_accepted"][()].tolist(), [10, 10, 10, 0, 10])

    def test_inside(self):
        """Accepted samples, and the probability is that of the softmax of fc8."""
        reached = [0, 1, 2, 4]
        f, window = self.file["activation"][reached], self.file["window"][reached][:, None]
        used = ~np.isnan(f)
        self.assertEqual(used.sum(axis=(1, 2)).tolist(), [30, 10, 20, 20])
        self.assertTrue(((f >= window[..., 0]) & (f <= window[..., 1]) | ~used).all())
        with h5py.File(self.folder + "/in.h5", "w") as file:
            file["input/data"] = self.file["image"][1][:, None] - np.float32(73)
        done = invset(self.folder, "forward", "models/fashion/classifier.prototxt",
                      "models/fashion/classifier.caffemodel.h5", "in.h5", "out.h5", "--blob", "fc8")
        self.assertEqual(done.returncode, 0, done.stdout)
        with h5py.File(self.folder + "/out.h5", "r") as file:
            fc8 = file["forward/fc8"][()].reshape(10, 10).astype(float)
        softmax = np.exp(fc8 - fc8.max(1, keepdims=True))
        softmax /= softmax.sum(1, keepdims=True)
        np.testing.assert_allclose(f[1, :, 0], softmax[:, 6], rtol=1e-5)

    def test_reach(self):
        """Only the relative neuron was probed."""
        reach, window = self.file["reach/activation"][2], self.file["window"][2]
        self.assertTrue(np.isfinite(reach[0]).all() and np.isnan(reach[1]).all())
        np.testing.assert_allclose(window[0], np.array([0.4, 0.6]) * reach[0].max(), rtol=1e-6)
        self.assertEqual(window[1].tolist(), [-100, 5])

    def test_check(self):
        done = invset(self.folder, "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("40 accepted samples, all inside", done.stdout)

    def test_words(self):
        """A target that was not reached says how near it came, neuron by neuron."""
        fail = (r"trouser \+ bag: not reached; nearest attempt: trouser -?[0-9.]+ \(window \[60, 70\]\), "
                r"bag -?[0-9.]+ \(window \[60, 70\]\) in [0-9]+ sample-steps")
        for words in self.words.values():
            self.assertRegex(words, fail)
            self.assertRegex(words, r"pullover \+ coat \+ fc7\[67\] +10 of 10 in all 3 windows, "
                                    r"activation of pullover [0-9.]+ ")
            self.assertRegex(words, r"shirt \(fc8\[6\]\) +10 of 10 p in \[0.3, 0.6\], probability 0")
        info = invset(self.folder, "info", "run.h5").stdout
        self.assertIn("shirt, fc8[6] p in [0.3, 0.6] ", info)
        self.assertIn("fc8[4] in [8, 15] and fc7[67] in [-1, 6] ", info)
        self.assertRegex(info, r"not reached \(nearest attempt: trouser .*, bag .*\)\n")
        self.assertIn("method invset", info)

    def test_classic(self):
        """The classic rule carries the gradients of both blobs back together."""
        with h5py.File(sampled("conditions-classic", [BOTH], samples=5,
                               sampling='rule = "classic"; starts = 256;'), "r") as file:
            self.assertEqual(file["summary/n_accepted"][()].tolist(), [5])

    def test_refused(self):
        folder = new_folder("conditions-bad")
        for condition, words in (
                ('{ neurons = ["coat"]; below = 1.0; above = 0.0; }',
                 "run.cfg:9: targets[0].and[0]: found below and above, want one of them"),
                ('{ neurons = ["pullover"]; below = 1.0; }',
                 "run.cfg:9: targets[0]: target 'pullover - pullover': found two windows for the "
                 "activation of fc8[2], want one"),
                ('{ index = 3; blob = "conv2"; position = "max"; probability = [0.1, 0.2]; }',
                 "run.cfg:9: targets[0].and[0]: probability: found position = \"max\"")):
            write_config(folder, ['{ neurons = ["pullover"]; window = [8.0, 14.0]; and = ( %s ); }'
                                  % condition])
            done = invset(folder, "sample", "run.cfg")
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
