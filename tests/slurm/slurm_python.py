"""What the tests under a real Slurm share: the testbed (testbed.sh), and jobs of the scripts in slurm/."""
import contextlib
import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["INVSET_SOURCE"], "tests/run"))
from run_python import *

TESTBED = os.path.join(SOURCE, "tests/slurm/testbed.sh")
NODES = "node[1-2]"
TWO_BY_TWO = ["--nodes=2", "--ntasks=4", "--ntasks-per-node=2"]

# A sweep of 48 blocks that takes 2 ranks on 2 cores some seconds.
ARGS = ["run.cfg"]
TARGETS = [SNEAKER, BAG, TROUSER, '{ neurons = ["T-shirt/top"]; window = [9.0, 26.0]; }',
           '{ neurons = ["shirt"]; window = [5.0, 14.0]; }', '{ neurons = ["ankle boot"]; window = [23.0, 34.0]; }']


def config_folder(name):
    """A folder to submit from, with the config that ARGS names."""
    folder = new_folder(name)
    write_config(folder, TARGETS, samples=40)
    return folder


def undisturbed_run(name):
    """The run file of ARGS, made without Slurm."""
    folder = config_folder(name)
    sample(folder, ranks=2)
    return folder + "/run.h5"


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
        # Jobs are submitted from folders of their own, with the site file that a user has at first.
        self.env = dict(os.environ, INVSET=PROGRAM, INVSET_HOME=SOURCE,
                        INVSET_SITE=SOURCE + "/slurm/site.example.sh")
        for name in "OMPI_MCA_orte_tmpdir_base", "OMPI_MCA_btl_vader_backing_directory":
            self.env.pop(name, None)  # nodes have folders of their own
        lines = subprocess.check_output([TESTBED, "env", self.folder], text=True).split()
        self.env.update(line.split("=", 1) for line in lines)
        self.has_hosts = read(self.folder + "/mode").strip() == "hosts"

    def run(self, *command, **env):
        done = subprocess.run(command, env=dict(self.env, **env), text=True, timeout=30, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def down(self):
        subprocess.run([TESTBED, "down", self.folder], check=True, timeout=60)
        shutil.rmtree(self.folder)


class Job:
    """A script of slurm/, submitted from a test's folder with options of sbatch; may be an array.
    env: more of the environment."""

    def __init__(self, testbed, folder, script, *args, options=(), **env):
        self.testbed, self.folder = testbed, folder
        self.path = os.path.join(folder, "run.h5")
        words = testbed.run("sbatch", "--parsable", "--chdir", folder, *options,
                            os.path.join(SOURCE, "slurm", script), *args, **env)
        self.id = words.strip()

    def task(self, number):
        """A task of an array, as a job."""
        task = copy.copy(self)
        task.id = f"{self.id}_{number}"
        return task

    def log(self):
        """What stands in the job's log, or in those of all tasks."""
        names = [name for name in sorted(os.listdir(self.folder))
                 if re.fullmatch(rf"invset.*-{self.id}(_\d+)?\.log", name)]
        return "".join(read(os.path.join(self.folder, name)) for name in names)

    def shown(self, field):
        """A field of `scontrol show job`."""
        words = self.testbed.run("scontrol", "-o", "show", "job", self.id)
        return next(word.split("=", 1)[1] for word in words.split() if word.startswith(field + "="))

    def update(self, **fields):
        self.testbed.run("scontrol", "update", "JobId=" + self.id,
                         *(f"{name}={value}" for name, value in fields.items()))

    def wait_until(self, what, seconds, reached, pause=0.05):
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"{what}: not in {seconds} s\n{self.log()}"
            time.sleep(pause)

    @contextlib.contextmanager
    def held(self, n_blocks, n_ranks):
        """In mid-run, when the run file has so many blocks: the ranks stand still meanwhile."""
        self.wait_until(f"{n_ranks} ranks", 60, lambda: len(self.ranks()) == n_ranks)
        ranks = self.ranks()
        self.wait_until(f"{n_blocks} blocks", 60, lambda: count_blocks(self.path) >= n_blocks, pause=0.01)
        for pid in ranks:
            os.kill(pid, signal.SIGSTOP)
        assert self.shown("JobState") == "RUNNING" and self.ranks() == ranks, self.log()
        yield
        for pid in ranks:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass  # Slurm lets a job go on to end it

    def wait(self, seconds=90):
        """Wait for the end; whether it completed."""
        code = subprocess.run([TESTBED, "wait", self.testbed.folder, self.id, str(seconds)]).returncode
        assert code in (0, 1), f"job {self.id} has not ended:\n{self.log()}"
        return code == 0

    def ranks(self):
        """Processes of the ranks on both nodes."""
        pids, of_job = [], f"SLURM_JOB_ID={self.shown('JobId')}"
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                is_ours = of_job in read(f"/proc/{pid}/environ").split("\0")
                if is_ours and os.readlink(f"/proc/{pid}/exe") == os.path.realpath(PROGRAM):
                    pids.append(int(pid))
            except (OSError, UnicodeDecodeError):
                pass  # it has ended, or is another user's
        return sorted(pids)
