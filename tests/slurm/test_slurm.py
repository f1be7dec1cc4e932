"""slurm/sample.sbatch under a real Slurm, on 2 nodes x 2 ranks.  A job that is told to stop, requeued,
cancelled or out of time goes on to the samples that a run without Slurm gives, bit for bit."""
import unittest

from slurm_python import *

RANKS = 4


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.testbed = Testbed()
        cls.addClassCleanup(cls.testbed.down)
        cls.undisturbed = undisturbed_run("slurm-undisturbed")

    def submit(self, *options):
        folder = config_folder("slurm-" + self._testMethodName)
        return Job(self.testbed, folder, "sample.sbatch", *ARGS, options=[*TWO_BY_TWO, *options])

    def check_end(self, job, restarts, attempts):
        """The job completed, after so many restarts, and its file is that of the undisturbed run."""
        self.assertTrue(job.wait(), job.log())
        self.assertEqual(job.shown("Restarts"), str(restarts), job.log())
        found, words = differ(self.undisturbed, job.path)
        self.assertFalse(found, words)
        with h5py.File(job.path, "r") as file:
            self.assertEqual(file["summary/complete"][()], 1)
            blocks = file["provenance/blocks"][()].ravel()
        self.assertEqual(sorted(set(blocks["attempt"])), list(range(1, attempts + 1)))
        if self.testbed.has_hosts:
            hosts = {host.decode().rstrip("\0") for host in blocks["host"]}
            self.assertEqual(hosts, {"node1", "node2"})
        self.assertFalse(os.path.exists(job.path + ".lock"))

    def check_requeued_itself(self, job):
        self.check_end(job, restarts=1, attempts=2)
        self.assertIn("the same command goes on with run.h5", job.log())
        self.assertIn(f"stopped early: requeueing job {job.id} (restart 0)\n", job.log())
        self.assertIn(f"job {job.id}, restart 1, on {NODES}\n", job.log())
        self.assertIn("going on from an earlier attempt", job.log())

    def test_job(self):
        job = self.submit()
        self.check_end(job, restarts=0, attempts=1)
        self.assertIn(f"job {job.id}, restart 0, on {NODES}\n", job.log())

    def test_signal_to_the_script(self):
        """As --signal=B:USR1 sends it before the time limit."""
        job = self.submit()
        with job.held(10, RANKS):
            self.testbed.run("scancel", "--batch", "-s", "USR1", job.id)
            job.wait_until("signal", 10, lambda: "told to stop" in job.log())
        job.wait_until("exit code 75", 10, lambda: "with exit code 75" in job.log())
        self.check_requeued_itself(job)

    def test_no_requeue(self):
        """Where jobs may not be requeued, the user is told to submit again."""
        job = self.submit("--no-requeue")
        with job.held(10, RANKS):
            self.testbed.run("scancel", "--batch", "-s", "USR1", job.id)
            job.wait_until("signal", 10, lambda: "told to stop" in job.log())
        self.assertFalse(job.wait(), job.log())
        self.assertEqual((job.shown("JobState"), job.shown("ExitCode")), ("FAILED", "75:0"), job.log())
        self.assertIn(f"job {job.id} may not requeue itself here: submit it again", job.log())

    def test_requeue(self):
        """As after preemption: TERM to all, and the job is put back by Slurm."""
        job = self.submit()
        with job.held(10, RANKS):
            self.testbed.run("scontrol", "requeue", job.id)
        self.check_end(job, restarts=1, attempts=2)
        self.assertIn("going on from an earlier attempt", job.log())

    def test_cancel(self):
        """A cancelled job stays cancelled; whoever submits it again goes on."""
        job = self.submit()
        with job.held(10, RANKS):
            self.testbed.run("scancel", job.id)
        self.assertFalse(job.wait(), job.log())
        self.assertEqual(job.shown("JobState"), "CANCELLED")
        with h5py.File(job.path, "r") as file:
            self.assertEqual(file["summary/complete"][()], 0)
        self.assertGreaterEqual(count_blocks(job.path), 10)
        self.check_goes_on(job)

    def test_lost_rank(self):
        """As when a node has no memory left: the job fails, and is not tried for ever."""
        job = self.submit()
        with job.held(10, RANKS):
            os.kill(job.ranks()[1], signal.SIGKILL)
        self.assertFalse(job.wait(), job.log())
        self.assertEqual((job.shown("JobState"), job.shown("ExitCode")), ("FAILED", "137:0"), job.log())
        self.assertNotIn("requeueing", job.log())
        self.check_goes_on(job)

    def check_goes_on(self, job):
        """The same command goes on with what a job has left."""
        again = Job(self.testbed, job.folder, "sample.sbatch", *ARGS, options=TWO_BY_TWO)
        self.check_end(again, restarts=0, attempts=2)
        self.assertIn("going on from an earlier attempt", again.log())

    def test_time_limit(self):
        """Slurm itself tells the job, by the script's own --signal line.  It looks at time limits every
        30 s, and the ranks are held until then."""
        job = self.submit()
        with job.held(10, RANKS):
            near = time.localtime(time.time() + 140)
            job.update(EndTime=time.strftime("%Y-%m-%dT%H:%M:%S", near))
            job.wait_until("signal", 40, lambda: "told to stop" in job.log())
        job.wait_until("requeue", 10, lambda: job.shown("Restarts") == "1")
        job.update(TimeLimit="01:00:00")  # for the attempt to come
        self.check_requeued_itself(job)


if __name__ == "__main__":
    unittest.main()
