"""`invset dataset`: the pictures of a data set that lie in the windows, as a run file.  Counts are those
of an independent pass with `invset forward`, files are the same for any number of ranks, and what is
damaged is named."""
import gzip
import unittest

from run_python import *

sys.path.insert(0, SOURCE + "/analysis")
DATA = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
N = 600
FAR = '{ neurons = ["sneaker"]; window = [80.0, 90.0]; }'
TARGETS = [SNEAKER, TWO_NEURONS, FC7_UNIT, FAR, '{ neurons = ["bag"]; window = [200.0, 300.0]; }']

try:
    from PIL import Image
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)
if not os.path.exists(DATA):
    print("skipped: no", DATA, "(package dataset-fashion-mnist)")
    sys.exit(77)


def real_pictures():
    """(N, 28, 28)"""
    with gzip.open(DATA) as file:
        return np.frombuffer(file.read(16 + N * 784), np.uint8, offset=16).reshape(N, 28, 28)


def idx_bytes(pictures):
    head = bytes([0, 0, 8, pictures.ndim])
    return head + np.array(pictures.shape, ">i4").tobytes() + pictures.tobytes()


def write_bytes(path, data):
    with open(path, "wb") as file:
        file.write(data)


def activations(folder, pictures):
    """{blob: (n, units)}, by another verb of the program and another path to the nets."""
    with h5py.File(folder + "/in.h5", "w") as file:
        file["input/data"] = pictures[:, None].astype(np.float32) - 73
    net = "models/fashion/classifier"
    done = invset(folder, "forward", net + ".prototxt", net + ".caffemodel.h5", "in.h5", "out.h5",
                  "--blob", "fc8", "--blob", "fc7")
    assert done.returncode == 0, done.stdout
    with h5py.File(folder + "/out.h5", "r") as file:
        return {blob: file["forward/" + blob][:].reshape(len(pictures), -1) for blob in ("fc7", "fc8")}


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = real_pictures()
        cls.folder = new_folder("dataset")
        write_config(cls.folder, TARGETS, samples=20)
        write_bytes(cls.folder + "/some.idx", idx_bytes(cls.pictures))
        done = invset(cls.folder, "dataset", "run.cfg", "--set", "dataset.images=some.idx", "--log",
                      "whole.log", "-v")
        assert done.returncode == 0, done.stdout
        cls.said = done.stdout
        cls.whole = cls.folder + "/whole.h5"
        os.replace(cls.folder + "/run.dataset.h5", cls.whole)
        write_bytes(cls.folder + "/some.idx.gz", gzip.compress(idx_bytes(cls.pictures), 1))
        cls.f = activations(cls.folder, cls.pictures)
        fc8 = cls.f["fc8"]
        between = lambda values, low, high: (values >= low) & (values <= high)
        cls.inside = [np.flatnonzero(where) for where in (
            between(fc8[:, 7], 20, 30), between(fc8[:, 7], 8, 16) & between(fc8[:, 9], 8, 16),
            between(cls.f["fc7"][:, 67], 8, 25), between(fc8[:, 7], 80, 90),
            between(fc8[:, 8], 200, 300))]

    def setUp(self):
        for name in os.listdir(self.folder):
            if name.startswith("run.") and name != "run.cfg":
                os.remove(os.path.join(self.folder, name))

    def run_it(self, images, *args, ranks=0, code=0):
        done = invset(self.folder, "dataset", "run.cfg", "--set", f"dataset.images={images}", *args,
                      ranks=ranks)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def kept(self, name):
        """Move the result away."""
        os.replace(self.folder + "/run.dataset.h5", self.folder + "/" + name)
        return self.folder + "/" + name

    def same_pictures(self, path):
        """The result is that of other files with the same pictures."""
        with h5py.File(path) as a, h5py.File(self.folder + "/run.dataset.h5") as b:
            for name in "image", "activation", "encoding", "sample_status":
                np.testing.assert_array_equal(a[name][:], b[name][:])

    def test_counts_and_contents(self):
        said = self.said
        self.assertTrue(len(self.inside[0]) > 10 < len(self.inside[1]) and len(self.inside[2]) > 100)
        self.assertIn("windows without any: 2 of 5; neurons without any: 1 of 4", said)
        self.assertIn(f"{len(self.inside[0])} pictures in [20, 30]", said)
        nearest = self.f["fc8"][:, 7].max()
        self.assertIn(f"0 pictures in [80, 90]; the nearest has {nearest:.4g}", said)
        with open(self.folder + "/whole.log") as log:
            words = log.read()
        self.assertIn(f'"empty_windows": 2, "neurons": 4, "empty_neurons": 1', words)
        self.assertIn(f'"target": 0, "unit": 7, "pictures": {len(self.inside[0])}, "stored": '
                      f'{len(self.inside[0])}', words)
        with h5py.File(self.whole) as file:
            most = max(map(len, self.inside))
            self.assertEqual(file["image"].shape, (5, most, 28, 28))
            self.assertEqual(file["summary/n_accepted"][:].tolist(), [len(i) for i in self.inside])
            self.assertAlmostEqual(file["summary/best_activation"][3], nearest, places=4)
            for t, places in enumerate(self.inside):
                n = len(places)
                np.testing.assert_array_equal(file["image"][t, :n], self.pictures[places])
                self.assertTrue((file["sample_status"][t, :n] == 1).all())
                self.assertFalse(file["sample_status"][t, n:].any())
                self.assertTrue(np.isnan(file["activation"][t, n:]).all())
            np.testing.assert_allclose(file["activation"][0, :len(self.inside[0]), 0],
                                       self.f["fc8"][self.inside[0], 7], rtol=1e-5)
            n_blocks = file["blocks/record"].shape[1]
            self.assertEqual(np.count_nonzero(file["blocks/record"]["state"][3]), 0)
            self.assertGreater(n_blocks, 2)
            n = len(self.inside[1])
            self.assertTrue(np.isnan(file["code"][1, :n]).all())
            self.assertEqual(set(file["chain"][1]), {-1})

    def test_same_for_any_ranks_and_forms(self):
        for ranks in 2, 3:
            self.run_it("some.idx", ranks=ranks)
            found, words = differ(self.whole, self.folder + "/run.dataset.h5")
            self.assertFalse(found, words)
            with h5py.File(self.folder + "/run.dataset.h5") as file:
                made = file["provenance/blocks"][:]
                self.assertEqual(set(made["rank"][made["attempt"] > 0]), set(range(ranks)))
            os.remove(self.folder + "/run.dataset.h5")
        self.run_it("some.idx.gz")
        self.same_pictures(self.whole)

    def test_folder_equals_idx(self):
        """Also folders in folders, and a list; names in their order are pictures in theirs."""
        places = [self.folder + "/png", self.folder + "/png/b/inner"]
        os.makedirs(places[1], exist_ok=True)
        for i in range(300):
            Image.fromarray(self.pictures[i]).save(f"{places[i >= 200]}/a{i:04}.{'png' if i % 2 else 'PNG'}",
                                                   format="PNG")
        write_bytes(self.folder + "/png/notes.txt", b"no picture")
        write_bytes(self.folder + "/first.idx", idx_bytes(self.pictures[:300]))
        write_bytes(self.folder + "/rest.idx", idx_bytes(self.pictures[300:]))
        self.run_it('["png", "rest.idx"]')
        whole = self.kept("folder.h5")
        self.run_it('["first.idx", "rest.idx"]')
        self.same_pictures(whole)

    def test_most(self):
        said = self.run_it("some.idx", "--set", "dataset.most=7")
        self.assertIn("of which the first 7 are stored", said)
        with h5py.File(self.folder + "/run.dataset.h5") as file:
            np.testing.assert_array_equal(file["image"][0], self.pictures[self.inside[0][:7]])

    def test_finished_other_and_restart(self):
        shutil.copy(self.whole, self.folder + "/run.dataset.h5")
        before = read_bytes(self.whole)
        self.assertIn("complete already: nothing to do",
                      self.run_it("some.idx", "--set", "sampling.seed=9"))
        self.assertIn("dataset.most is 1000 in the file and 3 in the config",
                      self.run_it("some.idx", "--set", "dataset.most=3", code=2))
        self.assertEqual(read_bytes(self.folder + "/run.dataset.h5"), before)
        self.assertIn("dataset.images is sha256", self.run_it("some.idx.gz", code=2))
        self.run_it("some.idx.gz", "--restart")
        self.assertEqual(read_bytes(self.folder + "/run.dataset.h5.old-1"), before)
        self.assertFalse(os.path.exists(self.folder + "/run.dataset.h5.lock"))

    def test_goes_on(self):
        """A file with a block missing is filled; the others are not touched."""
        path = self.folder + "/run.dataset.h5"
        shutil.copy(self.whole, path)
        with h5py.File(path, "r+") as file:
            record = file["blocks/record"][2, 1]
            file["blocks/record"][2, 1] = np.zeros_like(record)
            file["summary/complete"][()] = 0
        self.run_it("some.idx")
        self.assertFalse(differ(self.whole, path)[0])
        with h5py.File(path) as file:
            self.assertEqual(file["provenance/blocks"]["attempt"][2, :3].tolist(), [1, 2, 1])

    def test_readers(self):
        shutil.copy(self.whole, self.folder + "/run.dataset.h5")
        done = invset(self.folder, "check", "run.dataset.h5")
        self.assertEqual(done.returncode, 0, done.stdout)
        total = sum(map(len, self.inside))
        self.assertIn(f"{total} accepted samples, all inside their windows as stored; they are pictures "
                      "of a data set, and have no codes to check", done.stdout)
        self.assertIn("2 none in the window", invset(self.folder, "info", "run.dataset.h5").stdout)
        done = invset(self.folder, "montage", "run.dataset.h5", "run.png")
        self.assertEqual(done.returncode, 0, done.stdout)
        from invset_run import open_run
        with open_run(self.folder + "/run.dataset.h5") as run:
            self.assertEqual([len(t.accepted()) for t in run.targets()], [len(i) for i in self.inside])
        with h5py.File(self.folder + "/run.dataset.h5", "r+") as file:
            file["window"][0, 0, 0] = file["activation"][0, :len(self.inside[0]), 0].min() + 1e-3
        done = invset(self.folder, "check", "run.dataset.h5")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("1 are outside", done.stdout)

    def test_damaged_in_folder(self):
        os.makedirs(self.folder + "/bad", exist_ok=True)
        for i in range(40):
            Image.fromarray(self.pictures[i]).save(f"{self.folder}/bad/{i:02}.png")
        Image.fromarray(self.pictures[40]).save(f"{self.folder}/bad/40.jpg")
        for name in "03.png", "40.jpg":
            data = read_bytes(f"{self.folder}/bad/{name}")
            write_bytes(f"{self.folder}/bad/{name}", data[:len(data) * 2 // 3])
        said = self.run_it("bad", ranks=2)
        self.assertIn("2 of 41 pictures are damaged and were left out", said)
        self.assertIn("bad/03.png' cannot be read as a picture", said)
        self.assertIn("bad/40.jpg' is a JPEG file that is cut short; it is left out", said)

    def test_refused(self):
        write_bytes(self.folder + "/short.idx", idx_bytes(self.pictures)[:-100])
        self.assertIn("'short.idx' is cut short", self.run_it("short.idx", code=2, ranks=2))
        Image.fromarray(self.pictures[0]).save(self.folder + "/one.png")
        write_bytes(self.folder + "/cut.png", read_bytes(self.folder + "/one.png")[:150])
        self.assertIn("'cut.png' cannot be read as a picture", self.run_it("cut.png", code=2))
        self.assertIn("run.slice", self.run_it("some.idx", "--set", "run.slice=[1,2]", code=2))
        done = invset(self.folder, "dataset", "run.cfg")
        self.assertEqual((done.returncode, "dataset.images is missing" in done.stdout), (2, True))
        write_config(self.folder, ['{ neurons = ["bag"]; reach = [0.5, 0.8]; }'], samples=20)
        said = self.run_it("some.idx", code=2)
        write_config(self.folder, TARGETS, samples=20)
        self.assertIn("target 0 'bag' has a window relative to its reach", said)
        self.assertFalse(os.path.exists(self.folder + "/run.dataset.h5"))

    def test_stopped(self):
        """SIGTERM ends it cleanly."""
        log = self.folder + "/run.log"
        run = Running(self.folder, "dataset", "run.cfg", "--set", "dataset.images=" + DATA, "--log",
                      log, ranks=2)
        while not os.path.exists(log) or b"10000 pictures" not in read_bytes(log):
            self.assertIsNone(run.process.poll())
            time.sleep(0.02)
        for pid in run.pids():
            os.kill(pid, signal.SIGTERM)
        code, words, _ = run.end(30)
        self.assertEqual(code, 75, words)
        self.assertIn("the same command goes on with", words)


if __name__ == "__main__":
    unittest.main()
