"""For the tests of bad input: a folder with a good config, which a case spoils; and what has to come of
it: exit code 2, the important words, once, no output file, and no rank left waiting."""
import unittest

from run_python import *

# mpirun gives ranks a second to end after another one's exit code; here there are many such ends.
os.environ["OMPI_MCA_odls_base_sigkill_timeout"] = "0"


class RefusalTest(unittest.TestCase):
    def setUp(self):
        self.folder = new_folder(f"{type(self).__module__}-{self._testMethodName}")
        os.unlink(self.folder + "/models")
        shutil.copytree(SOURCE + "/models", self.folder + "/models")
        self.nets = self.folder + "/models/fashion/"
        self.output_exists = False
        write_config(self.folder, [SNEAKER], samples=10)

    def edit(self, path, old, new):
        """Replace a text of a file, which has to be there."""
        with open(os.path.join(self.folder, path)) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(os.path.join(self.folder, path), "w") as file:
            file.write(text.replace(old, new, 1))

    def refused(self, *words, config="run.cfg", args=()):
        """Run alone and on two ranks."""
        for ranks in 0, 2:
            done = invset(self.folder, "sample", config, *args, ranks=ranks)
            said = done.stdout.split(MPIRUN_WORDS)[0]
            with self.subTest(ranks=ranks, said=said):
                self.assertEqual(done.returncode, 2)
                for word in words:
                    self.assertIn(word, said)
                self.assertEqual(done.stdout.count("invset sample: "), 1)
                self.assertNotIn("internal error", said)
                self.assertEqual(self.output_exists, os.path.exists(self.folder + "/run.h5"))
