"""A finished run file is never touched: not by the same command, not by another config.  --restart
keeps it under another name."""
import unittest

from run_python import *


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = new_folder("finished")
        write_config(cls.made, [SNEAKER], samples=10)
        sample(cls.made, ranks=2)

    def setUp(self):
        self.folder = f"{self.made}-{self._testMethodName}"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.made, self.folder, symlinks=True)
        self.path = self.folder + "/run.h5"
        self.before = read_bytes(self.path)

    def refuse(self, *words, ranks=0):
        """The config has changed: refused, in these words, and nothing changes."""
        done = invset(self.folder, "sample", "run.cfg", ranks=ranks)
        self.assertEqual(done.returncode, 2, done.stdout)
        for word in ("run.h5", *words):
            self.assertIn(word, done.stdout)
        self.assertEqual(done.stdout.count("invset sample: "), 1, done.stdout)
        self.assertEqual(read_bytes(self.path), self.before)
        return done.stdout

    def test_same_command(self):
        for ranks in 0, 1, 3:
            words = sample(self.folder, ranks=ranks)
            self.assertIn("run.h5 is complete already: nothing to do", words)
            self.assertEqual(read_bytes(self.path), self.before)

    def test_other_setting(self):
        """Of several settings that differ the first is named."""
        write_config(self.folder, [SNEAKER], samples=10, sampling="step = 0.2; seed = 12345;")
        words = self.refuse("sampling.seed", "12345")
        self.assertNotIn("sampling.step", words)
        self.refuse("sampling.seed", "12345", ranks=2)

    def test_other_window(self):
        write_config(self.folder, [SNEAKER.replace("20.0", "21.5")], samples=10)
        self.refuse("window", "21.5")

    def test_other_size(self):
        write_config(self.folder, [SNEAKER], samples=15)
        self.refuse("samples", "15", "10")

    def test_other_weights(self):
        models = self.folder + "/models"
        os.unlink(models)
        shutil.copytree(SOURCE + "/models", models)
        with h5py.File(models + "/fashion/encoder.caffemodel.h5", "r+") as file:
            file["data/code/0"][0, 0] += 0.5
        self.refuse("encoder weights", "SHA-256")

    def test_what_does_not_count(self):
        """Batch limit and place of the models change no sample: the file is this run's."""
        os.rename(self.folder + "/models", self.folder + "/nets")
        with open(self.folder + "/run.cfg") as file:
            text = file.read()
        with open(self.folder + "/run.cfg", "w") as file:
            file.write(text.replace("batch = 100", "batch = 7").replace('"models/', '"nets/'))
        self.assertIn("complete already", sample(self.folder))
        self.assertEqual(read_bytes(self.path), self.before)

    def test_restart(self):
        words = sample(self.folder, "--restart", ranks=2)
        self.assertIn("run.h5.old-1", words)
        self.assertEqual(read_bytes(self.path + ".old-1"), self.before)
        self.assertEqual(differ(self.path, self.path + ".old-1"), (False, ""))
        write_config(self.folder, [SNEAKER], samples=10, sampling="seed = 2;")
        sample(self.folder, "--restart")
        self.assertEqual(read_bytes(self.path + ".old-1"), self.before)
        self.assertTrue(differ(self.path, self.path + ".old-2")[0])

    def test_restart_and_resume(self):
        done = invset(self.folder, "sample", "run.cfg", "--restart", "--resume")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--restart and --resume exclude each other", done.stdout)
        self.assertEqual(read_bytes(self.path), self.before)


if __name__ == "__main__":
    unittest.main()
