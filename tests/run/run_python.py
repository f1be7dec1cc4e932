"""What the end-to-end tests share: a folder to run in, a config, the program alone or under mpirun,
and comparing run files.  The program is $INVSET_BUILD/invset; h5py and h5diff read its files."""
import os
import shutil
import signal
import subprocess
import sys
import time

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

SOURCE = os.environ["INVSET_SOURCE"]
PROGRAM = os.path.join(os.environ["INVSET_BUILD"], "invset")
MPIRUN = os.environ["INVSET_MPIRUN"]
MPIRUN_WORDS = "Primary job  terminated normally"  # mpirun's own remark on an exit code

SNEAKER = '{ neurons = ["sneaker"]; window = [20.0, 30.0]; }'
BAG = '{ neurons = ["bag"]; window = [25.0, 52.0]; }'
TROUSER = '{ neurons = ["trouser"]; window = [33.0, 45.0]; }'
FC7_UNIT = '{ index = 67; blob = "fc7"; window = [8.0, 25.0]; }'
TWO_NEURONS = '{ neurons = ["sneaker", "ankle boot"]; window = [8.0, 16.0]; }'
OWN_ENCODER = ('net = "models/fashion/encoder.prototxt"; '
               'weights = "models/fashion/encoder.caffemodel.h5"; blob = "code";')

CONFIG = """models: {{
  classifier: {{ net = "models/fashion/classifier.prototxt";
                weights = "models/fashion/classifier.caffemodel.h5";
                mean = [73.0]; labels = "models/fashion/labels.txt"; }};
  generator: {{ net = "models/fashion/generator.prototxt";
               weights = "models/fashion/generator.caffemodel.h5"; }};
  encoder: {{ {encoder} }};
}};
targets: ( {targets} );
sampling: {{ samples = {samples}; block = 5; code_min = -2.5; code_max = 2.5; {sampling} }};
run: {{ backend = "cpu"; batch = {batch}; }};
output: {{ file = "run.h5"; encodings = {encodings}; }};
"""


def new_folder(name):
    """An empty folder that paths of a config are relative to, with the bundled models in it."""
    folder = os.path.abspath(name)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    os.symlink(os.path.join(SOURCE, "models"), os.path.join(folder, "models"))
    # What Open MPI leaves behind when it is killed is to lie here too.
    os.environ["OMPI_MCA_orte_tmpdir_base"] = folder
    os.environ["OMPI_MCA_btl_vader_backing_directory"] = folder
    return folder


def write_config(folder, targets, samples=20, sampling="", encoder=OWN_ENCODER, batch=100,
                 encodings=True):
    """Write run.cfg; its output is run.h5 in the same folder."""
    text = CONFIG.format(targets=", ".join(targets), samples=samples, sampling=sampling,
                         encoder=encoder, batch=batch, encodings=str(encodings).lower())
    with open(os.path.join(folder, "run.cfg"), "w") as file:
        file.write(text)


def command(*args, ranks=0):
    """ranks 0: without mpirun."""
    launcher = [MPIRUN, "-n", str(ranks), "--oversubscribe"] if ranks else []
    return launcher + [PROGRAM, *args]


def invset(folder, *args, ranks=0):
    """Run the program in a folder; .returncode, and .stdout with all it said."""
    return subprocess.run(command(*args, ranks=ranks), cwd=folder, text=True, timeout=100,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def sample(folder, *args, ranks=0):
    """Sample run.cfg, which has to succeed; returns what was said."""
    done = invset(folder, "sample", "run.cfg", *args, ranks=ranks)
    assert done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}"
    return done.stdout


def sampled(name, targets, ranks=0, **options):
    """Sample targets in a new folder; returns the run file's path."""
    folder = new_folder(name)
    write_config(folder, targets, **options)
    sample(folder, ranks=ranks)
    return os.path.join(folder, "run.h5")


def differ(a, b, *excluded):
    """Whether two run files differ beyond /provenance, and what h5diff says."""
    options = [word for path in ("/provenance", *excluded) for word in ("--exclude-path", path)]
    done = subprocess.run(["h5diff", *options, a, b], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode in (0, 1), done.stdout
    return done.returncode == 1, done.stdout


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


class Running:
    """The program at work, to be disturbed."""

    def __init__(self, folder, *args, ranks=0):
        self.path = os.path.join(folder, "run.h5")
        self.process = subprocess.Popen(command(*args, ranks=ranks), cwd=folder, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.launcher = ranks > 0

    def pids(self):
        """The ranks' processes."""
        if not self.launcher:
            return [self.process.pid]
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
                return [int(pid) for pid in file.read().split()]
        except FileNotFoundError:
            return []

    def wait_for_blocks(self, n):
        """Until the run file has n blocks."""
        deadline = time.monotonic() + 60
        while count_blocks(self.path) < n:
            assert self.process.poll() is None, "ended early:\n" + self.process.stdout.read()
            assert time.monotonic() < deadline, f"no {n} blocks within a minute"
            time.sleep(0.01)

    def end(self, seconds):
        """Wait for the end: exit code, words, and the time it took."""
        began = time.monotonic()
        try:
            words, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self.process.returncode, words, time.monotonic() - began

    def kill(self):
        """SIGKILL to mpirun and all ranks; returns when they are gone."""
        pids = [self.process.pid] + (self.pids() if self.launcher else [])
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it had just ended
        self.process.communicate()
        while any(is_alive(pid) for pid in pids[1:]):
            time.sleep(0.005)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def count_blocks(path):
    """Blocks that a run file has, finished or not; opens it as any reader would."""
    if not os.path.exists(path):
        return 0
    with h5py.File(path, "r") as file:
        return int(np.count_nonzero(file["blocks/record"]["state"]))
