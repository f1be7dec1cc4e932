"""Slices of a run, each made by itself, and put together by `invset join`: the same file as that of the
run in one piece, also if the join was killed on the way."""
import unittest

from run_python import *

FAR = '{ neurons = ["sneaker"]; window = [500.0, 600.0]; }'
BY_REACH = '{ index = 67; blob = "fc7"; reach = [0.5, 0.8]; }'
TARGETS = [SNEAKER, TWO_NEURONS, FAR, BY_REACH, BAG]
SAMPLING = "starts = 256; max_starts = 4;"
N = 4  # slices of 1, 1, 1 and 2 targets; the third accepts nothing


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = sampled("join-whole", TARGETS, samples=40, sampling=SAMPLING, ranks=2)
        cls.folder = new_folder("join")
        write_config(cls.folder, TARGETS, samples=40, sampling=SAMPLING)
        for i in range(1, N + 1):
            done = invset(cls.folder, "sample", "run.cfg", "--slice", f"{i}/{N}", ranks=2 * (i % 2))
            assert done.returncode == 0, done.stdout

    def setUp(self):
        os.environ["OMPI_MCA_orte_tmpdir_base"] = self.folder
        self.path = self.folder + "/run.h5"
        if os.path.exists(self.path):
            os.unlink(self.path)

    @staticmethod
    def slices(*numbers):
        return [f"run.slice-{i}-of-{N}.h5" for i in numbers]

    def join(self, *slices, out="run.h5", ranks=0):
        return invset(self.folder, "join", out, *slices, ranks=ranks)

    def check_whole(self):
        found, words = differ(self.whole, self.path)
        self.assertFalse(found, words)
        done = invset(self.folder, "sample", "run.cfg")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("run.h5 is complete already: nothing to do", done.stdout)
        done = invset(self.folder, "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_any_order(self):
        before = [read_bytes(f"{self.folder}/{name}") for name in self.slices(1, 2, 3, 4)]
        done = self.join(*self.slices(3, 1, 4, 2))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("run.h5: complete, 4 slices joined", done.stdout)
        self.check_whole()
        self.assertEqual(before, [read_bytes(f"{self.folder}/{name}") for name in self.slices(1, 2, 3, 4)])
        with h5py.File(self.path, "r") as file, h5py.File(f"{self.folder}/{self.slices(4)[0]}", "r") as last:
            made = last["provenance/blocks"][()]
            np.testing.assert_array_equal(file["provenance/blocks"][3:], made)  # who made them
            self.assertTrue((made["attempt"] == 1).all())
        done = self.join(*self.slices(1, 2, 3, 4))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("run.h5 is complete already: nothing to do", done.stdout)

    def test_killed(self):
        """Kills that leave 1, 2, ... more blocks each; nothing that is left looks finished."""
        left = [0]
        for kill in range(4):
            run = subprocess.Popen(command("join", "run.h5", *self.slices(1, 2, 3, 4)), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while count_blocks(self.path) <= left[-1] and run.poll() is None:
                pass
            run.kill()
            run.wait()
            if run.returncode == 0:  # it was faster
                break
            left.append(count_blocks(self.path))
            with h5py.File(self.path, "r") as file:
                self.assertEqual(file["summary/complete"][()], 0)
        print("blocks after each kill:", left)
        self.assertGreater(len(left), 1, "no kill came before the end")
        self.assertEqual(left, sorted(left), "a block was lost")
        done = self.join(*self.slices(1, 2, 3, 4))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.check_whole()

    def refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)
        self.assertEqual(done.stdout.count("invset join: "), 1)
        self.assertNotIn("internal error", done.stdout)

    def test_refused(self):
        self.refused(self.join(*self.slices(1, 4)), "2 of 4 slices of the run are missing: 2, 3; ",
                     "`invset sample CONFIG --slice 2/4`")
        self.refused(self.join(*self.slices(1, 2, 3, 4, 2)), "slice 2 of 4 is there twice")
        self.refused(self.join(*self.slices(1, 2, 3), self.whole), "is no slice but a whole run file")
        self.refused(self.join(*self.slices(1, 2, 3, 4), out="run.cfg"), "'run.cfg' is no HDF5 file")
        self.refused(self.join(*self.slices(1, 2, 3, 4), ranks=2), "one process, not for 2 ranks")
        self.refused(self.join(), "wanted OUT.h5 SLICE.h5...")
        self.assertFalse(os.path.exists(self.path))

    def test_unfinished(self):
        """A slice that was killed, or is at work."""
        name = self.slices(4)[0]
        kept = self.folder + "/kept.h5"
        os.rename(f"{self.folder}/{name}", kept)
        try:
            run = Running(self.folder, "sample", "run.cfg", "--slice", f"4/{N}")
            run.path = f"{self.folder}/{name}"
            run.wait_for_blocks(1)
            run.kill()
            self.refused(self.join(*self.slices(1, 2, 3, 4)), f"'{name}', slice 4 of 4, is not finished; go on with "
                         "`invset sample CONFIG --slice 4/4`")
            self.assertFalse(os.path.exists(self.path))
        finally:
            os.replace(kept, f"{self.folder}/{name}")


if __name__ == "__main__":
    unittest.main()
