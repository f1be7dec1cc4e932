"""What a site file and the options of sbatch give to the ranks of slurm/sample.sbatch: GPUs (made-up
ones), the folder of invset, and clear words where something is not there."""
import unittest

from slurm_python import *

# Stands in for the program: each rank notes which GPUs it may see, then samples.
RECORDER = """#!/bin/sh
echo "$SLURMD_NODENAME ${CUDA_VISIBLE_DEVICES-none}" >gpus-$SLURM_PROCID
exec "%s" "$@"
"""
SHORT = ["run.cfg", "--set", "sampling.samples=5", "--set", "sampling.starts=100"]
ALONE = ["node1 none"] * 2 + ["node2 none"] * 2
ONE_EACH = ["node1 0", "node1 1", "node2 0", "node2 1"]


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.testbed = Testbed()
        cls.addClassCleanup(cls.testbed.down)

    def setUp(self):
        self.folder = config_folder("slurm-site-" + self._testMethodName)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def site(self, *lines):
        """A site file: the example, then lines of the site's own."""
        return self.write("site.sh", "\n".join([f'. "{SOURCE}/slurm/site.example.sh"', *lines]) + "\n")

    def submit(self, options, site=None):
        site = site or self.site()
        return Job(self.testbed, self.folder, "sample.sbatch", *SHORT, options=options, INVSET_SITE=site,
                   INVSET=self.write("recorder", RECORDER % PROGRAM))

    def check_gpus(self, job, wanted):
        self.assertTrue(job.wait(), job.log())
        seen = [read(f"{self.folder}/gpus-{rank}").strip() for rank in range(4)]
        self.assertEqual(seen, wanted)

    def test_no_gpus(self):
        self.check_gpus(self.submit(TWO_BY_TWO), ALONE)

    def test_gpu_for_each_task(self):
        self.check_gpus(self.submit([*TWO_BY_TWO, "--gpus-per-task=1"]), ONE_EACH)

    def test_gpus_of_a_node(self):
        """By node, as some sites want it, with the site file's line for that."""
        site = self.site('LAUNCH="$LAUNCH --gpu-bind=single:1"')
        self.assertIn('# LAUNCH="$LAUNCH --gpu-bind=single:1"\n', read(SOURCE + "/slurm/site.example.sh"))
        self.check_gpus(self.submit([*TWO_BY_TWO, "--gres=gpu:2"], site), ONE_EACH)

    def refused(self, *words, **env):
        job = Job(self.testbed, self.folder, "sample.sbatch", *SHORT, **env)
        self.assertFalse(job.wait())
        self.assertEqual(job.shown("ExitCode"), "2:0")
        for word in words:
            self.assertIn(word, job.log())

    def test_other_folder(self):
        self.refused("./slurm/run-step.sh", "submit from invset's folder, or let INVSET_HOME name it",
                     self.folder, INVSET_HOME=".")

    def test_no_site_file(self):
        self.refused("cannot read the site file 'nowhere.sh'", INVSET_SITE="nowhere.sh")

    def test_no_program(self):
        self.refused("there is no program 'build/invset'", INVSET="build/invset")

    def test_own_site_file(self):
        """slurm/site.sh of invset's folder goes before the example."""
        os.mkdir(self.folder + "/slurm")
        for name in "run-step.sh", "site.example.sh":
            shutil.copy(f"{SOURCE}/slurm/{name}", self.folder + "/slurm")
        self.write("slurm/site.sh", "INVSET=of-the-site\n")
        env = dict(INVSET_HOME=".", INVSET_SITE="", INVSET="")
        self.refused("there is no program 'of-the-site'", **env)
        os.unlink(self.folder + "/slurm/site.sh")
        self.refused("there is no program './build/invset'", **env)


if __name__ == "__main__":
    unittest.main()
