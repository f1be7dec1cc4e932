"""Starting from given codes or a picture (sampling.start), and keeping a part of a picture
(sampling.keep, sampling.mask)."""
import unittest

from run_python import *

try:
    from PIL import Image
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

SHARED = 'shared = "classifier"; blob = "fc8";'
FIRST = "first.h5"


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = new_folder("start-from")
        write_config(cls.folder, [SNEAKER], samples=10)
        sample(cls.folder)
        os.rename(cls.folder + "/run.h5", cls.folder + "/" + FIRST)
        with h5py.File(cls.folder + "/" + FIRST) as file:
            cls.codes, cls.encodings = file["code"][0], file["encoding"][0]
            cls.images, cls.f = file["image"][0], file["activation"][0]
        cls.keep = cls.images[3]
        mask = np.zeros((28, 28), np.uint8)
        mask[:, :12], mask[:, 12:14] = 255, 128
        cls.mask = mask
        Image.fromarray(cls.keep).save(cls.folder + "/keep.png")
        Image.fromarray(mask).save(cls.folder + "/mask.png")

    def setUp(self):
        if os.path.exists(self.folder + "/run.h5"):
            os.remove(self.folder + "/run.h5")

    def run_it(self, text, samples=10, ranks=0, targets=(SNEAKER,), **options):
        write_config(self.folder, targets, samples=samples, sampling=text, **options)
        if samples == 1:
            write_config(self.folder, targets, samples=1, sampling=text, **options)
            with open(self.folder + "/run.cfg") as file:
                config = file.read().replace("block = 5", "block = 1")
            with open(self.folder + "/run.cfg", "w") as file:
                file.write(config)
        return sample(self.folder, ranks=ranks)

    def refused(self, words, text, **options):
        write_config(self.folder, [SNEAKER], samples=10, sampling=text, **options)
        done = invset(self.folder, "sample", "run.cfg")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(words, done.stdout)
        self.assertFalse(os.path.exists(self.folder + "/run.h5"))

    def one(self):
        """Code and steps of the one sample."""
        with h5py.File(self.folder + "/run.h5") as file:
            self.assertEqual(file["sample_status"][0, 0], 1)
            return file["code"][0, 0], float(file["sample_steps"][0, 0])

    def test_accepted_codes_of_a_run(self):
        self.run_it(f'start = "{FIRST}:/code"; start_share = 1.0;')
        with h5py.File(self.folder + "/run.h5") as file:
            codes, steps = file["code"][0], file["sample_steps"][0]
        given = [{i for i in range(10) if (code == self.codes[i]).all()} for code in codes[:5]]
        # Of the seed block, which takes every fourth place: 0, 4, 8, then round again, displaced.
        self.assertEqual([len(found) for found in given], [1, 1, 1, 0, 0])
        self.assertEqual(len(set.union(*given)), 3)
        self.assertEqual(set(steps[:3]), {0.5})

    def test_array(self):
        with h5py.File(self.folder + "/codes.h5", "w") as file:
            file["some/codes"] = 100 * np.sign(self.codes[2:3])  # far outside the bounds
            file["one"] = self.codes[4]
        self.run_it('start = "codes.h5:/one";', samples=1)
        code, steps = self.one()
        self.assertTrue((code == self.codes[4]).all())
        self.assertEqual(steps, 0.5)
        os.remove(self.folder + "/run.h5")
        self.run_it('start = "codes.h5:/some/codes"; max_starts = 5;')
        with h5py.File(self.folder + "/run.h5") as file:
            self.assertTrue((np.abs(file["code"][0]) <= 2.5).all())

    def test_picture(self):
        """It begins at the picture's encoding, cut to the bounds, and with several ranks it does the
        same."""
        place = int(np.argmin(np.abs(self.f - 25)))
        Image.fromarray(self.images[place]).save(self.folder + "/start.png")
        self.run_it('start = "start.png";', samples=1)
        code, steps = self.one()
        np.testing.assert_allclose(code, np.clip(self.encodings[place], -2.5, 2.5), atol=1e-6)
        self.assertEqual(steps, 0.5)
        os.rename(self.folder + "/run.h5", self.folder + "/alone.h5")
        self.run_it('start = "start.png";', samples=1, ranks=2)
        self.assertFalse(differ(self.folder + "/alone.h5", self.folder + "/run.h5")[0])
        # And all samples of a set come from there, without two alike.
        os.remove(self.folder + "/run.h5")
        self.run_it('start = "start.png";')
        with h5py.File(self.folder + "/run.h5") as file:
            self.assertEqual(len(np.unique(file["code"][0], axis=0)), 10)

    def test_keep(self):
        text = 'keep = "keep.png"; mask = "mask.png";'
        self.run_it(text, targets=[SNEAKER, FC7_UNIT])
        with h5py.File(self.folder + "/run.h5") as file:
            filled = file["sample_status"][:] > 0
            images = file["image"][:][filled]
            self.assertGreater((file["sample_status"][0] == 1).sum(), 5)
        white = self.mask == 255
        self.assertTrue((images[:, white] == self.keep[white]).all())
        self.assertGreater(images[:, self.mask == 0].std(axis=0).max(), 10)
        # Grey keeps half, and the other half is of valid pixels.
        grey = np.abs(images[:, self.mask == 128].astype(float) - self.keep[self.mask == 128])
        self.assertLessEqual(grey.max(), 128)
        done = invset(self.folder, "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        os.rename(self.folder + "/run.h5", self.folder + "/alone.h5")
        self.run_it(text, targets=[SNEAKER, FC7_UNIT], ranks=2)
        self.assertFalse(differ(self.folder + "/alone.h5", self.folder + "/run.h5")[0])
        Image.fromarray(255 - self.mask).save(self.folder + "/mask.png")
        try:
            done = invset(self.folder, "check", "run.h5")
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("the file that sampling.mask names has changed", done.stdout)
            done = invset(self.folder, "sample", "run.cfg")
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("sampling.mask is sha256", done.stdout)
        finally:
            Image.fromarray(self.mask).save(self.folder + "/mask.png")

    def test_refused(self):
        with h5py.File(self.folder + "/bad.h5", "w") as file:
            file["short"] = self.codes[:, :63]
            file["nan"] = np.full((2, 64), np.nan, "f4")
            file["none"] = np.zeros((0, 64), "f4")
        with open(self.folder + "/cut.png", "wb") as file:
            file.write(read_bytes(self.folder + "/keep.png")[:200])
        start = 'start = "%s";'
        self.refused("there is no file 'gone.png'", start % "gone.png")
        self.refused("'cut.png' cannot be read as a picture", start % "cut.png")
        self.refused("has codes of 63 numbers", start % "bad.h5:/short")
        self.refused("number 0 of code 0 is not finite", start % "bad.h5:/nan")
        self.refused("has no codes", start % "bad.h5:/none")
        self.refused("there is no dataset 'gone'; there is: nan, none, short", start % "bad.h5:/gone")
        self.refused("whose encoding has 10 numbers, but a code has 64", start % "keep.png",
                     encoder=SHARED)
        self.refused("sampling.keep: found without sampling.mask", 'keep = "keep.png";')
        self.refused("sampling.mask: 'cut.png' cannot be read", 'keep = "keep.png"; mask = "cut.png";')


if __name__ == "__main__":
    unittest.main()
