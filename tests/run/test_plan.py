"""`invset plan` says what a run takes: beside the run itself; it writes nothing, and refuses what `sample`
refuses."""
import re
import unittest

from run_python import *

SWEEP = ['{ sweep = "7-9"; blob = "fc8"; reach = [0.5, 0.8]; }',
         '{ sweep = "0-2"; blob = "fc7"; reach = [0.4, 0.8]; }']


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = new_folder("plan-" + self._testMethodName)
        write_config(self.folder, SWEEP, samples=30, sampling="probe_steps = 12;")

    def plan(self, *args, code=0):
        before = sorted(os.listdir(self.folder))
        done = invset(self.folder, "plan", "run.cfg", *args)
        self.assertEqual(done.returncode, code, done.stdout)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return done.stdout

    def test_beside_the_run(self):
        words = self.plan("--ranks", "3", "--seconds", "20")
        total, pool, probes, samples = (
            float(x) for x in re.search(r"work +(\S+) sample-steps: pool of starts ([\d.e+]+), probes of "
                                        r"reach ([\d.e+]+), samples ([\d.e+]+)", words).groups())
        sample(self.folder, ranks=2)
        with h5py.File(self.folder + "/run.h5", "r") as file:
            self.assertAlmostEqual(pool, file["summary/pool_steps"][()], delta=0.01 * pool)
            real_probes, real_samples = file["reach/steps"][()].sum(), file["summary/steps"][()].sum()
        self.assertLess(abs(np.log(probes / real_probes)), np.log(1.5), words)
        self.assertLess(abs(np.log(samples / real_samples)), np.log(3.0), words)
        self.assertAlmostEqual(total, pool + probes + samples, delta=0.01 * total)
        size, unit = re.search(r"disk +(\S+) (\w+)", words).groups()
        planned = float(size) * {"kB": 1e3, "MB": 1e6}[unit]
        # Of so small a file the plan's pages for attributes are a large part.
        self.assertLessEqual(os.path.getsize(self.folder + "/run.h5"), 1.01 * planned)
        self.assertLess(planned, 2e6 + os.path.getsize(self.folder + "/run.h5"))
        self.assertRegex(words, r"time +about .* on 3 ranks: \S+ sample-steps/s on each")

    def test_more_ranks_than_chains_can_use(self):
        self.assertIn("fill the batches of 1 ranks only",
                      self.plan("--ranks", "64", "--seconds", "1", "--set", "run.batch=100"))

    def test_refusals(self):
        self.assertIn("--gpus 2: run.backend is the cpu here",
                      self.plan("--gpus", "2", "--seconds", "1", code=2))
        self.assertIn("'x' is no whole number", self.plan("--ranks", "x", code=2))
        self.assertIn("sampling.samples", self.plan("--set", "sampling.samples=0", code=2))


if __name__ == "__main__":
    unittest.main()
