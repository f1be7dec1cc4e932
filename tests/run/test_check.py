"""`invset check` passes a good file and finds what was tampered with: pictures, codes, windows, models."""
import unittest
import zlib

from run_python import *

# Parts of a block in the order of its CRC, see src/store/layout.c.
PARTS = ["code", "encoding", "activation", "image", "sample_status", "sample_steps", "chain",
         "chain_block", "restarts"]


def repair_crc(file, t, b):
    """Make a changed block look right."""
    record = file["blocks/record"][t, b]
    crc = 0
    for part in PARTS:
        crc = zlib.crc32(file[part][t, 5 * b:5 * b + 5].tobytes(), crc)
    record["crc32"] = crc
    record["record_crc32"] = zlib.crc32(record.tobytes()[:12])
    file["blocks/record"][t, b] = record


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = new_folder("check")
        write_config(cls.made, [SNEAKER, TWO_NEURONS, FC7_UNIT], samples=12)
        sample(cls.made, ranks=2)

    def setUp(self):
        self.folder = f"{self.made}-{self._testMethodName}"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.made, self.folder, symlinks=True)
        self.path = self.folder + "/run.h5"

    def check(self, code, *words):
        done = invset(self.folder, "check", "run.h5")
        self.assertEqual(done.returncode, code, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_good(self):
        before = read_bytes(self.path)
        self.check(0, "36 accepted samples, all inside their windows as stored\n", "fc7[67]",
                   "sneaker + ankle boot")
        self.assertEqual(read_bytes(self.path), before)

    def test_repaired_crc_of_an_unchanged_block(self):
        """So that the tests below do not find a wrong CRC of their own making."""
        with h5py.File(self.path, "r+") as file:
            repair_crc(file, 1, 2)
        self.assertFalse(differ(self.path, self.made + "/run.h5")[0])
        self.check(0)

    def test_pixel(self):
        with h5py.File(self.path, "r+") as file:
            file["image"][1, 6, 10, 10] ^= 255
        self.check(1, "CRC", "target 1", "block 1")

    def test_picture_with_right_crc(self):
        with h5py.File(self.path, "r+") as file:
            file["image"][0, 3] = 255 - file["image"][0, 3]
            repair_crc(file, 0, 0)
        self.check(1, "of 36 accepted samples 1 are outside", "1 have another activation",
                   "1 another picture")

    def test_code_with_right_crc(self):
        with h5py.File(self.path, "r+") as file:
            file["code"][2, 11] = -file["code"][2, 11]
            repair_crc(file, 2, 2)
        self.check(1, "of 36 accepted samples 0 are outside", "0 have another activation",
                   "1 another picture")

    def test_activation_with_right_crc(self):
        """The sample is in its window; it only claims another place there."""
        with h5py.File(self.path, "r+") as file:
            file["activation"][0, 0, 0] += 0.5
            repair_crc(file, 0, 0)
        self.check(1, "of 36 accepted samples 0 are outside", "1 have another activation",
                   "0 another picture")

    def test_window(self):
        with h5py.File(self.path, "r+") as file:
            low = float(np.median(file["activation"][0, :, 0]))
            outside = int((file["activation"][0, :, 0] < low).sum())
            file["window"][0, 0, 0] = low
        self.assertGreater(outside, 0)
        self.check(1, f"of 36 accepted samples {outside} are outside")

    def test_window_of_the_second_neuron(self):
        with h5py.File(self.path, "r+") as file:
            file["window"][1, 1, 1] = file["activation"][1, :, 1].max() - 1e-3
        self.check(1, "of 36 accepted samples 1 are outside")

    def test_other_models(self):
        models = self.folder + "/models"
        os.unlink(models)
        shutil.copytree(SOURCE + "/models", models)
        with h5py.File(models + "/fashion/classifier.caffemodel.h5", "r+") as file:
            file["data/fc8/1"][7] += 0.25
        self.check(2, "classifier weights", "SHA-256", "classifier.caffemodel.h5")

    def test_models_are_gone(self):
        os.unlink(self.folder + "/models")
        self.check(2, "there is no file", "models/fashion/classifier.prototxt")

    def test_no_run_file(self):
        os.remove(self.path)
        self.check(2, "run.h5")
        shutil.copy(SOURCE + "/models/fashion/encoder.caffemodel.h5", self.path)
        self.check(2, "no run file")

    def test_unfinished(self):
        """Of a run that is at work, too."""
        write_config(self.folder, [SNEAKER, BAG], samples=60)
        os.remove(self.path)
        run = Running(self.folder, "sample", "run.cfg")
        try:
            run.wait_for_blocks(2)
            self.check(0, "(the run is not complete)")
        finally:
            run.kill()

    def test_without_encodings_and_shared_encoder(self):
        for options in (dict(encodings=False),
                        dict(encoder='shared = "classifier"; blob = "fc8";')):
            write_config(self.folder, [SNEAKER, FC7_UNIT], samples=10, **options)
            sample(self.folder, "--restart")
            self.check(0, "20 accepted samples, all inside")


if __name__ == "__main__":
    unittest.main()
