"""CaffeNet and its generator at full size with random weights (tests/make_full_size.py): the files
load in time, and a block of ten samples of the paper's set-up gets into its window on one core within
the memory that a rank may take.  Skipped where memory or disk is short."""
import os
import re
import shutil
import subprocess
import sys
import time
import unittest

import h5py

SOURCE = os.environ["INVSET_SOURCE"]
PROGRAM = os.path.join(os.environ["INVSET_BUILD"], "invset")
FOLDER = os.path.abspath("full_size")
CLASSIFIER = "models/caffenet/bvlc_reference_caffenet.prototxt"
GENERATOR = "models/caffenet/generator.prototxt"
WEIGHTS = {CLASSIFIER: "bvlc_reference_caffenet.caffemodel", GENERATOR: "generator.caffemodel"}
FILE_BYTES = 468e6
MAX_RANK_BYTES = 1.6e9


def skip(words):
    print("skipped:", words)
    sys.exit(77)


def check_machine():
    with open("/proc/meminfo") as file:
        free = 1024 * int(re.search(r"MemAvailable:\s*(\d+)", file.read()).group(1))
    if free < 4e9:
        skip(f"{free / 1e9:.1f} GB of memory are free, wanted 4")
    if shutil.disk_usage(".").free < 2 * FILE_BYTES:
        skip("no room for two files of 468 MB together")


def invset(*args):
    """Run the program in the folder: its words, seconds and peak memory in bytes."""
    began = time.monotonic()
    process = subprocess.Popen([PROGRAM, *args], cwd=FOLDER, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    words = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, f"exit code {process.returncode}:\n{words}"
    return words, time.monotonic() - began, 1024 * usage.ru_maxrss


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.mkdir(FOLDER)
        os.symlink(os.path.join(SOURCE, "models"), os.path.join(FOLDER, "models"))
        subprocess.run([sys.executable, "-B", os.path.join(SOURCE, "tests/make_full_size.py"), FOLDER],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(FOLDER)

    def test_info(self):
        """`info` reads a file whole, looks at every number and makes its checksum."""
        for net, counts in ((CLASSIFIER, "60.97 M parameters (60965224), 0.7244 GMAC"),
                            (GENERATOR, "56.1 M parameters (56097891), 1.007 GMAC")):
            words, wall, peak = invset("info", net, WEIGHTS[net])
            size = os.path.getsize(os.path.join(FOLDER, WEIGHTS[net]))
            print(f"{WEIGHTS[net]}: {wall:.2f} s, peak {peak / size:.2f} times the file", flush=True)
            self.assertIn(counts, words)
            self.assertIn("fits", words)
            self.assertLess(peak, 2.2 * size)

    def test_block(self):
        settings = {"models.classifier.weights": WEIGHTS[CLASSIFIER],
                    "models.generator.weights": WEIGHTS[GENERATOR], "sampling.samples": "10",
                    "sampling.starts": "16", "run.batch": "10", "run.backend": "cpu",
                    "output.file": "run.h5"}
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        config = os.path.join(SOURCE, "config/caffenet-volcano.cfg")
        words, wall, peak = invset("sample", config, *sets)
        print(f"{words}10 samples: {wall:.1f} s, peak {peak / 1e6:.0f} MB", flush=True)
        self.assertRegex(words, r"volcano \(fc8\[980\]\) +10 of 10 in \[50, 60\]")
        self.assertLess(peak, MAX_RANK_BYTES)
        words, _, _ = invset("check", "run.h5")
        self.assertIn("10 accepted samples, all inside their windows as stored", words)
        self.sample_without_definitions(config, sets)

    def sample_without_definitions(self, config, sets):
        """The same from the .caffemodel files alone, which carry the nets' definitions."""
        with open(config) as file:
            text = re.sub(r"(?m)^\s*net = .*$", "", file.read())
        with open(os.path.join(FOLDER, "alone.cfg"), "w") as file:
            file.write(text)
        invset("sample", "alone.cfg", *sets, "--set", "output.file=alone.h5")
        with h5py.File(os.path.join(FOLDER, "run.h5")) as run, \
             h5py.File(os.path.join(FOLDER, "alone.h5")) as alone:
            self.assertFalse([role for role in alone["models/role"].asstr() if role.endswith(" net")])
            for name in "code", "activation", "image":
                self.assertTrue((run[name][:] == alone[name][:]).all(), name)


if __name__ == "__main__":
    check_machine()
    unittest.main()
