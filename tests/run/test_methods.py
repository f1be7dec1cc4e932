"""The methods that the sampler is compared with, as runs: same file, same engine, the same on any
number of ranks, resumed as any other; their samples lie in the window or not, and say so."""
import unittest

from run_python import *

LIKELY = '{ neurons = ["bag"]; probability = [0.5, 1.0]; }'
TWO_BLOBS = ('{ neurons = ["sneaker"]; window = [2.0, 30.0]; '
             'and = ( { index = 67; blob = "fc7"; window = [-1.0, 9.0]; } ); }')
TARGETS = [LIKELY, TWO_BLOBS]
METHODS = {
    "ppgn": "ppgn: { keep = 3; reset_every = 6; eps3 = 1e-3; };",
    "dgn-am": "dgn_am: { iterations = 8; };",
    "ascent": "ascent: { iterations = 5; };",
    "mcmc": "mcmc: { keep = 4; step = 0.2; };",
}
STEPS = {"ppgn": 3, "dgn-am": 8, "ascent": 5, "mcmc": 4}  # iterations of a sample


def sampling(method, more=""):
    return 'method = "%s"; chains = 2; %s %s' % (method, METHODS[method], more)


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paths = {method: sampled("methods-" + method, TARGETS, sampling=sampling(method))
                     for method in METHODS}

    def test_same_on_ranks(self):
        for method in "ppgn", "mcmc":
            path = sampled("methods-np2", TARGETS, ranks=2, sampling=sampling(method))
            self.assertEqual(differ(path, self.paths[method]), (False, ""))

    def test_states(self):
        """Every slot has a sample, accepted if and only if it is in all windows."""
        n_outside = 0
        for method, path in self.paths.items():
            with h5py.File(path, "r") as file:
                self.assertEqual(file.attrs["method"], method)
                f, window = file["activation"][()], file["window"][()][:, None]
                inside = ((f >= window[..., 0]) & (f <= window[..., 1]) | np.isnan(f)).all(-1)
                np.testing.assert_array_equal(file["sample_status"][()], np.where(inside, 1, 3))
                np.testing.assert_array_equal(file["summary/n_accepted"][()], inside.sum(1))
                self.assertTrue((file["chain"][()] >= 0).all())
                n_outside += np.count_nonzero(~inside)
        self.assertGreater(n_outside, 0)

    def test_steps(self):
        """A sample costs its iterations, and half a step more where its chain begins; proposals that a
        Langevin chain refuses without a look cost nothing."""
        for method, path in self.paths.items():
            with h5py.File(path, "r") as file:
                steps, block = file["sample_steps"][()], file["chain_block"][()]
            begins = block == 0 if method in ("ppgn", "mcmc") else np.ones_like(block, bool)
            if method == "ppgn":
                begins = block % 2 == 0  # reset_every / keep
            if method == "mcmc":
                self.assertTrue((steps <= STEPS[method] + 1).all() and (steps > 0).any())
            else:
                np.testing.assert_array_equal(steps, STEPS[method] + 0.5 * begins)

    def test_walks_on(self):
        """A chain's next block begins where the last one has come to, until it is reset."""
        with h5py.File(self.paths["ppgn"], "r") as file:
            code, chain, block = (file[name][0] for name in ("code", "chain", "chain_block"))
        lanes = [code[(chain == 0) & (block == b)] for b in range(2)]
        # PPGN's step changes a coordinate by a thirtieth of the range on average, three times.
        moved = np.abs(lanes[1] - lanes[0]).mean(1)
        self.assertTrue((moved > 0).all() and (moved < 3 * 5 / 30 + 1e-6).all(), moved)

    def test_check(self):
        for method, path in self.paths.items():
            done = invset(os.path.dirname(path), "check", "run.h5")
            self.assertEqual(done.returncode, 0, method + done.stdout)

    def test_resume(self):
        folder = new_folder("methods-resume")
        write_config(folder, [SNEAKER], samples=100, sampling=sampling("ppgn"))
        run = Running(folder, "sample", "run.cfg")
        run.wait_for_blocks(4)
        run.kill()
        self.assertLess(count_blocks(run.path), 20)
        sample(folder)
        whole = sampled("methods-whole", [SNEAKER], samples=100, sampling=sampling("ppgn"))
        self.assertEqual(differ(run.path, whole), (False, ""))

    def test_plan(self):
        folder = os.path.dirname(self.paths["dgn-am"])
        done = invset(folder, "plan", "run.cfg", "--set", "output.file=other.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\b320\b")

    def test_refused(self):
        folder = new_folder("methods-bad")
        write_config(folder, [SNEAKER], sampling=sampling("ppgn"),
                     encoder='shared = "classifier"; blob = "fc7";')
        done = invset(folder, "sample", "run.cfg")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn('sampling.method = "ppgn" compares the encoding of a picture with its code, but '
                      "encodings have", done.stdout)
        done = invset(folder, "sample", "run.cfg", "--set", "sampling.method=gibbs")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn('want "invset" or "ppgn" or "dgn-am" or "ascent" or "mcmc"', done.stdout)


if __name__ == "__main__":
    unittest.main()
