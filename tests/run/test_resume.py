"""A run is disturbed at random moments and continued by the same command on other numbers of ranks: SIGKILL
to all its processes, SIGKILL to one rank (mpirun ends the others), SIGTERM to one rank (which ends all of
them cleanly).  The file opens after each, and in the end holds what an undisturbed run gives.

INVSET_KILLS=40 disturbs each run as often; its runs are as much longer."""
import random
import unittest

from run_python import *

TARGETS = [SNEAKER, BAG, TWO_NEURONS]
# Probes, windows that follow from them, and fixed sets that are refreshed.
SWEEP = ['{ sweep = "5-9"; blob = "fc8"; reach = [0.5, 0.8]; }',
         '{ sweep = "0-4"; blob = "fc7"; reach = [0.4, 0.8]; }']
KILLS = int(os.environ.get("INVSET_KILLS", 6))


class Test(unittest.TestCase):
    def disturb(self, folder, kills):
        """Disturb attempts, each a while after the file has grown; what they left, in blocks."""
        left, path = [], folder + "/run.h5"
        for kill in range(kills):
            ranks = (2, 1, 3, 0)[kill % 4]
            run = Running(folder, "sample", "run.cfg", ranks=ranks)
            if kill % 3:
                run.wait_for_blocks(left[-1] + 1)
            else:  # from the beginning of MPI on
                time.sleep(random.uniform(0.2, 0.9))
            time.sleep(random.uniform(0, 0.2))
            if run.process.poll() is not None:  # on a fast machine
                self.assertEqual(run.end(1)[0], 0)
                break
            self.strike(run, ("all", "one", "stop")[kill % 3 if ranks > 1 else 0])
            left.append(count_blocks(path))
            self.check_file(path)
        return left

    def strike(self, run, how):
        pids = run.pids()
        if how == "all" or not pids:
            run.kill()
            return
        try:
            os.kill(random.choice(pids), signal.SIGKILL if how == "one" else signal.SIGTERM)
        except ProcessLookupError:
            pass  # it had just ended
        code, words, seconds = run.end(20)
        if how == "stop" and "stopped early" in words:
            self.assertEqual(code, 75, words)
        self.assertLess(seconds, 10, words)
        while any(is_alive(pid) for pid in pids):
            time.sleep(0.005)
        self.struck[how] = self.struck.get(how, 0) + 1

    def check_file(self, path):
        """Blocks that are marked have their data: activations are in the windows."""
        if not os.path.exists(path):
            return
        with h5py.File(path, "r") as file:
            self.assertEqual(file["summary/complete"][()], 0)
            for t, b in zip(*np.nonzero(file["blocks/record"]["state"] == 1)):
                f = file["activation"][t, 5 * b:5 * b + 5]
                low, high = np.moveaxis(file["window"][t], -1, 0)
                outside = (f < low) | (f > high) | np.isnan(f) & ~np.isnan(low)
                self.assertFalse(outside.any(), (t, b, f))

    def run_test(self, name, **options):
        # Blocks that begin where the one before ended need all of the chain's past.
        options = dict(dict(targets=TARGETS, samples=60, sampling="chain_length = 3;"), **options)
        options["samples"] = options["samples"] * KILLS // 6
        self.struck = {}
        undisturbed = sampled(name + "-undisturbed", **options)
        folder = new_folder(name)
        write_config(folder, **options)
        random.seed(name)
        left = self.disturb(folder, KILLS)
        print(name, "blocks after each of", len(left), "disturbances:", left, "one rank:", self.struck)
        self.assertGreater(np.count_nonzero(left), 1, "kills came too early")
        self.assertEqual(left, sorted(left), "a block was lost")
        sample(folder, ranks=2)
        found, words = differ(undisturbed, folder + "/run.h5")
        self.assertFalse(found, words)
        with h5py.File(folder + "/run.h5", "r") as file:
            attempts = file["provenance/blocks"]["attempt"]
        self.assertGreater(len(np.unique(attempts)), 1)

    def test_kills(self):
        self.run_test("resume")

    def test_kills_without_encodings(self):
        """The fixed samples' encodings are computed again."""
        self.run_test("resume-no-encodings", encodings=False)

    def test_kills_of_a_sweep(self):
        self.run_test("resume-sweep", targets=SWEEP, samples=20,
                      sampling="chain_length = 3; refresh = 1; chains = 2; probe_steps = 8;")


if __name__ == "__main__":
    unittest.main()
