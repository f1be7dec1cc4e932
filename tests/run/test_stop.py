"""SIGTERM, SIGINT and SIGUSR1 end a run early: all ranks stop after the present step, the exit code is
75, and the same command goes on to the same samples."""
import unittest

from run_python import *

SECONDS = 5  # to stop in


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.options = dict(targets=[SNEAKER, BAG], samples=160)
        cls.undisturbed = sampled("stop-undisturbed", **cls.options)

    def setUp(self):
        self.folder = new_folder("stop-" + self._testMethodName)
        write_config(self.folder, **self.options)

    def stop(self, number, ranks, whom):
        """Send a signal in the middle of the run; returns exit code and words."""
        run = Running(self.folder, "sample", "run.cfg", ranks=ranks)
        run.wait_for_blocks(2)
        os.kill(whom(run), number)
        code, words, seconds = run.end(20)
        self.assertLess(seconds, SECONDS, words)
        self.assertFalse(any(is_alive(pid) for pid in run.pids()))
        self.assertIn("the same command goes on with run.h5", words)
        with h5py.File(self.folder + "/run.h5", "r") as file:
            self.assertEqual(file["summary/complete"][()], 0)
        return code, words

    def go_on(self, ranks):
        before = count_blocks(self.folder + "/run.h5")
        words = sample(self.folder, ranks=ranks)
        self.assertIn("going on from an earlier attempt", words)
        found, words = differ(self.undisturbed, self.folder + "/run.h5")
        self.assertFalse(found, words)
        self.assertGreaterEqual(before, 2)

    def test_signals_to_a_single_process(self):
        for number in signal.SIGTERM, signal.SIGUSR1, signal.SIGINT:
            code, words = self.stop(number, 0, lambda run: run.process.pid)
            self.assertEqual(code, 75, words)
            if number == signal.SIGINT:
                break
            os.remove(self.folder + "/run.h5")
        self.go_on(3)

    def test_signal_to_a_rank(self):
        for number, rank in (signal.SIGUSR1, 1), (signal.SIGTERM, 0):
            code, words = self.stop(number, 2, lambda run: sorted(run.pids())[rank])
            self.assertEqual(code, 75, words)
            self.assertEqual(words.count("the same command goes on"), 1, words)
            if rank == 0:
                break
            os.remove(self.folder + "/run.h5")
        self.go_on(0)

    def test_sigusr1_to_mpirun(self):
        """As `scancel --signal=USR1` and Slurm's --signal do; mpirun hands it to the ranks."""
        code, words = self.stop(signal.SIGUSR1, 2, lambda run: run.process.pid)
        self.assertEqual(code, 75, words)
        self.go_on(1)

    def test_failure_of_one_rank_is_no_stop(self):
        """A rank that cannot write ends all, with its own error: exit code 75 would have a job script
        try again for ever."""
        write_config(self.folder, [SNEAKER, BAG], samples=4000, sampling="starts = 256;")
        words = " ".join(command("sample", "run.cfg"))
        done = subprocess.run([MPIRUN, "--oversubscribe", "-n", "1", *words.split(), ":", "-n", "1",
                               "bash", "-c", f"ulimit -f 6000; exec {words}"], cwd=self.folder,
                              text=True, timeout=100, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("rank 1: cannot write '", done.stdout)
        self.assertNotIn("stopped early", done.stdout)
        with h5py.File(self.folder + "/run.h5", "r") as file:
            self.assertEqual(file["summary/complete"][()], 0)

    def test_sigterm_to_mpirun(self):
        """mpirun ends the ranks in its own way, and has an exit code of its own."""
        run = Running(self.folder, "sample", "run.cfg", ranks=2)
        run.wait_for_blocks(2)
        os.kill(run.process.pid, signal.SIGTERM)
        code, words, seconds = run.end(20)
        self.assertNotEqual(code, 0, words)
        self.assertLess(seconds, SECONDS, words)
        self.go_on(2)

    def test_while_the_pool_is_made(self):
        """A pool of a million starts takes minutes; nobody waits for its end."""
        write_config(self.folder, **self.options, sampling="starts = 1000000;")
        run = Running(self.folder, "sample", "run.cfg", ranks=2)
        while not os.path.exists(run.path):
            time.sleep(0.01)
        time.sleep(0.5)
        self.assertIsNone(run.process.poll())
        os.kill(run.process.pid, signal.SIGUSR1)
        code, words, seconds = run.end(20)
        self.assertEqual(code, 75, words)
        self.assertLess(seconds, SECONDS, words)


if __name__ == "__main__":
    unittest.main()
