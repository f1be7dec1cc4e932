"""What the tests under a real Slurm share: the testbed (testbed.sh), and jobs of slurm/sample.sbatch."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["INVSET_SOURCE"], "tests/run"))
from run_python import *

TESTBED = os.path.join(SOURCE, "tests/slurm/testbed.sh")
SCRIPT = os.path.join(SOURCE, "slurm/sample.sbatch")
NODES = "node[1-2]"


def read(path):
    with open(path) as file:
        return file.read()


class Testbed:
    """Two virtual nodes, up until down() or until this process ends, however it ends."""

    def __init__(self):
        missing = subprocess.run([TESTBED, "missing"], text=True, stdout=subprocess.PIPE)
        if missing.returncode != 0:
            print("skipped:", missing.stdout)
            sys.exit(77)
        # Unix sockets want a short name, munge one that every user may pass.
        self.folder = tempfile.mkdtemp(prefix="invset-slurm-", dir="/tmp")
        subprocess.run([TESTBED, "up", self.folder, str(os.getpid())], check=True, timeout=60)
        # The site's settings are the repository's example.
        self.env = dict(os.environ, INVSET=PROGRAM, INVSET_SITE=SOURCE + "/slurm/site.example.sh")
        for name in "OMPI_MCA_orte_tmpdir_base", "OMPI_MCA_btl_vader_backing_directory":
            self.env.pop(name, None)  # nodes have folders of their own
        lines = subprocess.check_output([TESTBED, "env", self.folder], text=True).split()
        self.env.update(line.split("=", 1) for line in lines)
        self.has_hosts = read(self.folder + "/mode").strip() == "hosts"

    def run(self, *command):
        done = subprocess.run(command, env=self.env, text=True, timeout=30, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def down(self):
        subprocess.run([TESTBED, "down", self.folder], check=True, timeout=60)
        shutil.rmtree(self.folder)


class Job:
    """slurm/sample.sbatch on 2 nodes x 2 ranks, submitted from a test's folder."""

    def __init__(self, testbed, folder, *args):
        self.testbed, self.folder = testbed, folder
        self.path = os.path.join(folder, "run.h5")
        words = testbed.run("sbatch", "--parsable", "--chdir", folder, "--nodes=2", "--ntasks=4",
                            "--ntasks-per-node=2", SCRIPT, *args)
        self.id = words.strip()

    def log(self):
        path = os.path.join(self.folder, f"invset-{self.id}.log")
        return read(path) if os.path.exists(path) else ""

    def shown(self, field):
        """A field of `scontrol show job`."""
        words = self.testbed.run("scontrol", "-o", "show", "job", self.id)
        return next(word.split("=", 1)[1] for word in words.split() if word.startswith(field + "="))

    def update(self, **fields):
        self.testbed.run("scontrol", "update", "JobId=" + self.id,
                         *(f"{name}={value}" for name, value in fields.items()))

    def wait_until(self, what, seconds, reached):
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"{what}: not in {seconds} s\n{self.log()}"
            time.sleep(0.05)

    def wait_for_blocks(self, n):
        """Until the run file has n blocks, and the job is in mid-run."""
        self.wait_until(f"{n} blocks", 60, lambda: count_blocks(self.path) >= n)
        assert self.shown("JobState") == "RUNNING", self.log()

    def wait(self, seconds=90):
        """Wait for the end; whether it completed."""
        code = subprocess.run([TESTBED, "wait", self.testbed.folder, self.id, str(seconds)]).returncode
        assert code in (0, 1), f"job {self.id} has not ended:\n{self.log()}"
        return code == 0

    def ranks(self):
        """Processes of the ranks on both nodes."""
        pids = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                environ = read(f"/proc/{pid}/environ").split("\0")
                if f"SLURM_JOB_ID={self.id}" in environ and os.readlink(f"/proc/{pid}/exe") == os.path.realpath(PROGRAM):
                    pids.append(int(pid))
            except (OSError, UnicodeDecodeError):
                pass  # it has ended, or is another user's
        return pids
