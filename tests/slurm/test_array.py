"""slurm/sweep-array.sbatch and slurm/join.sbatch under a real Slurm: slices of a run, requeued, told to
stop and cancelled, become the run file of an undisturbed run in one piece, bit for bit."""
import unittest

from slurm_python import *

SLICES = "3"
RANKS = 2


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.testbed = Testbed()
        cls.addClassCleanup(cls.testbed.down)
        cls.undisturbed = undisturbed_run("slurm-array-undisturbed")

    def sweep(self, folder, array, *args):
        return Job(self.testbed, folder, "sweep-array.sbatch", *args,
                   options=[f"--ntasks={RANKS}", "--array=" + array])

    def join_after(self, array):
        return Job(self.testbed, array.folder, "join.sbatch", SLICES, "run.h5",
                   options=["--dependency=afterany:" + array.id])

    def slice_of(self, array, number):
        """A task of the array, with the path of its file."""
        task = array.task(number)
        task.path = f"{array.folder}/run.slice-{number}-of-{SLICES}.h5"
        return task

    def check_joined(self, job):
        """The file is that of the run in one piece, and the run knows it for its own."""
        self.assertTrue(job.wait(), job.log())
        found, words = differ(self.undisturbed, job.path)
        self.assertFalse(found, words)
        done = invset(job.folder, "sample", *ARGS)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("complete already: nothing to do", done.stdout)

    def test_requeued(self):
        """One task is told to stop, one is preempted; the join waits for both.  Only they restart:
        the last task's job number is also the array's."""
        folder = config_folder("slurm-array-requeued")
        array = self.sweep(folder, "1-" + SLICES, SLICES, *ARGS)
        join = self.join_after(array)
        told, requeued = self.slice_of(array, 3), self.slice_of(array, 1)
        with requeued.held(2, RANKS), told.held(2, RANKS):
            self.testbed.run("scontrol", "requeue", requeued.id)
            self.testbed.run("scancel", "--batch", "-s", "USR1", told.id)
            told.wait_until("signal", 10, lambda: "told to stop" in told.log())
        self.assertTrue(array.wait(), array.log())
        self.assertEqual([array.task(i).shown("Restarts") for i in (1, 2, 3)], ["1", "0", "1"])
        self.assertIn(f"stopped early: requeueing job {told.id} (restart 0)\n", told.log())
        self.assertIn(f"job {told.id}, restart 1, on ", told.log())
        self.assertIn("going on from an earlier attempt", requeued.log())
        self.check_joined(join)

    def test_cancelled(self):
        """A task is cancelled: the join says what is lacking.  The task alone is submitted again."""
        folder = config_folder("slurm-array-cancelled")
        array = self.sweep(folder, "1-" + SLICES, SLICES, *ARGS)
        join = self.join_after(array)
        cancelled = self.slice_of(array, 2)
        with cancelled.held(2, RANKS):
            self.testbed.run("scancel", cancelled.id)
        self.assertFalse(array.wait(), array.log())
        self.assertFalse(join.wait(), join.log())
        self.assertEqual(join.shown("ExitCode"), "2:0")
        self.assertIn("'run.slice-2-of-3.h5', slice 2 of 3, is not finished; go on with `invset sample CONFIG "
                      "--slice 2/3`", join.log())
        self.assertFalse(os.path.exists(join.path))
        again = self.sweep(folder, "2", SLICES, *ARGS)
        join = self.join_after(again)
        self.assertTrue(again.wait(), again.log())
        self.assertIn("going on from an earlier attempt", again.log())
        self.check_joined(join)

    def test_refused(self):
        """Numbers that do not go together are told before anything is sampled."""
        folder = config_folder("slurm-array-refused")
        for array, args, words in [("1-3", ["2", "run.cfg"], "tasks go from 1 to 3, but the slices from 1 to 2"),
                                   ("0-1", ["2", "run.cfg"], "tasks go from 0 to 1"),
                                   ("1", ["run.cfg"], "'run.cfg' is no number of slices"),
                                   ("1", ["2"], "no config")]:
            job = self.sweep(folder, array, *args)
            self.assertFalse(job.wait())
            self.assertEqual(job.task(array[0]).shown("ExitCode"), "2:0")
            self.assertIn(words, job.log())
            self.assertIn("usage: sbatch --array=1-N", job.log())
        for args, words in [(["2", "run.h5"], "there is no run.slice-1-of-2.h5"),
                            (["run.h5"], "'run.h5' is no number of slices"),
                            (["2", "run.cfg"], "'run.cfg' is no name of a run file")]:
            job = Job(self.testbed, folder, "join.sbatch", *args)
            self.assertFalse(job.wait())
            self.assertEqual(job.shown("ExitCode"), "2:0")
            self.assertIn(words, job.log())
        self.assertEqual([name for name in os.listdir(folder) if name.endswith(".h5")], [])


if __name__ == "__main__":
    unittest.main()
