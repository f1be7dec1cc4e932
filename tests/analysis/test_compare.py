"""analysis/compare.py: its tables' numbers are those of plain numpy on the files and of the
program's own `forward`, cuts are what it says, and what cannot be compared is refused."""

import csv
import gzip
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from small_run import PROGRAM, RUN, RunTest, h5py, np, script

sys.path.insert(0, os.environ["INVSET_SOURCE"] + "/analysis")
try:
    import matplotlib  # noqa: F401  (the figure needs it)
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

MODELS = os.environ["INVSET_SOURCE"] + "/models/fashion"
DATA = "/usr/share/datasets/fashion-mnist/train-%s-ubyte.gz"
N_OF_CLASS = 350
FEWEST = 4  # samples to compare: of a ppgn run few are in the window
PPGN = "sampling.method=\"ppgn\"", "sampling.ppgn.eps1=1e-3"
SNEAKER, TWO, SHIRT, BAG, BOOT = range(5)
LABELS = "sneaker", "sneaker + ankle boot", "shirt", "bag & <tag>", "ankle boot"
NUMBERS = "pairs", "nearest", "vendi", "frechet", "precision", "recall"
SVG = "{http://www.w3.org/2000/svg}"


def spread_over(items, n):
    return [items[int(np.rint(i * (len(items) - 1) / (n - 1)))] for i in range(n)]


@unittest.skipUnless(os.path.exists(DATA % "images-idx3"), "dataset-fashion-mnist is not installed")
class Test(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_path = cls.folder + "/other.h5"
        subprocess.run([PROGRAM, "sample", "-q", RUN + ".cfg", "--set", PPGN[0], "--set", PPGN[1],
                        "--set", 'output.file="%s"' % cls.other_path], check=True)
        cls.other = h5py.File(cls.other_path, "r", locking=False)
        cls.addClassCleanup(cls.other.close)
        with gzip.open(DATA % "images-idx3") as images, gzip.open(DATA % "labels-idx1") as labels:
            pictures = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 28, 28)
            classes = np.frombuffer(labels.read(), np.uint8, offset=8)
        cls.pictures = np.concatenate([pictures[classes == c][:N_OF_CLASS] for c in (7, 9)])
        cls.data = cls.folder + "/shoes.npy"
        np.save(cls.data, cls.pictures)
        cls.fc8 = cls.features("fc8", cls.pictures)
        cls.figure = cls.folder + "/figure.svg"
        cls.rows, cls.text = cls.compare("--dataset", cls.data, "--figure", cls.figure,
                                         "--columns", "4")

    @classmethod
    def compare(cls, *options):
        """{(samples of, target, method): {column: number or None}}, and what is printed."""
        table = cls.folder + "/table.csv"
        done = script("compare.py", cls.run_path, cls.other_path, "--table", table, "--invset",
                      PROGRAM, "--fewest", str(FEWEST), *options)
        assert done.returncode == 0, done.stderr
        with open(table, encoding="utf-8") as file:
            rows = {(row["samples_of"], row["target"], row["method"]): {
                key: float(text) if text else None for key, text in list(row.items())[3:]}
                for row in csv.DictReader(file)}
        return rows, done.stdout

    @classmethod
    def features(cls, blob, pictures):
        given, made = cls.folder + "/in.h5", cls.folder + "/features.h5"
        with h5py.File(given, "w") as file:
            file["input/data"] = np.float32(pictures)[:, None] - 73
        subprocess.run([PROGRAM, "forward", "-q", MODELS + "/classifier.prototxt",
                        MODELS + "/classifier.caffemodel.h5", given, made, "--blob", blob],
                       check=True)
        with h5py.File(made, "r") as file:
            values = file["forward/" + blob][:].reshape(len(pictures), -1).astype(float)
        os.remove(made)
        return values

    def expected(self, file, t, slots, reference):
        """NUMBERS of some slots, written out."""
        points = file["encoding"][t][slots].astype(float)
        pairs = np.array([[np.linalg.norm(a - b) for b in points] for a in points])
        n = len(points)
        np.fill_diagonal(pairs, np.nan)
        unit = points / np.linalg.norm(points, axis=1, keepdims=True)
        shares = np.linalg.eigvalsh(unit @ unit.T / n)
        shares = shares[shares > 1e-12]
        made = self.features("pool5", file["image"][t][slots])
        gap, low = np.linalg.norm(made[:, None] - reference[None], axis=2), []
        for a in reference, made:
            own = np.linalg.norm(a[:, None] - a[None], axis=2)
            low.append(np.sort(own, axis=1)[:, 3])  # the first is the point itself
        s, r = np.cov(made.T), np.cov(reference.T)
        values, vectors = np.linalg.eigh(s)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        product = np.linalg.eigvalsh(root @ r @ root)
        frechet = (((made.mean(0) - reference.mean(0))**2).sum() + np.trace(s + r)
                   - 2 * np.sqrt(np.maximum(product, 0)).sum())
        return dict(zip(NUMBERS, (
            np.nanmean(pairs), np.nanmin(pairs, axis=1).mean(),
            np.exp(-(shares * np.log(shares)).sum()), frechet,
            (gap <= low[0]).any(1).mean(), (gap <= low[1][:, None]).any(0).mean())))

    def cost(self, file, t):
        return np.nansum(file["sample_steps"][t]) + file["summary/pool_steps"][()] / len(LABELS)

    def test_numbers(self):
        fc8 = self.fc8[:, [7, 9]]
        both = (fc8 >= 8) & (fc8 <= 20)
        for t, inside in ((SNEAKER, (fc8[:, 0] >= 20) & (fc8[:, 0] <= 30)), (TWO, both.all(1))):
            places = np.flatnonzero(inside)
            reference = self.features("pool5", self.pictures[places[::2]])
            self.assertGreaterEqual(len(reference), 50)
            for kind, allowed in ("all", (1, 3)), ("window", (1,)):
                sets = [np.flatnonzero(np.isin(file["sample_status"][t], allowed))
                        for file in (self.file, self.other)]
                found = [len(slots) for slots in sets]
                n = min(m for m in found if m >= FEWEST)
                if t == SNEAKER and kind == "window":  # of both files, and not the same number
                    self.assertTrue(FEWEST <= found[1] < found[0])
                for name, file, slots, m in zip(("invset", "ppgn"), (self.file, self.other), sets,
                                                found):
                    row = self.rows[kind, LABELS[t], name]
                    self.assertEqual((row["found"], row["samples"], row["real"]),
                                     (m, n if m >= FEWEST else 0, len(reference)))
                    if m < FEWEST:
                        self.assertEqual([row[key] for key in NUMBERS], [None] * len(NUMBERS))
                        continue
                    self.assertAlmostEqual(row["steps"], self.cost(file, t) / m, places=4)
                    expected = self.expected(file, t, spread_over(slots, n), reference)
                    for key in NUMBERS:
                        np.testing.assert_allclose(row[key], expected[key], 1e-4, err_msg=key)
                share = (self.other["sample_status"][t] == 1).sum() / np.isin(
                    self.other["sample_status"][t], (1, 3)).sum()
                self.assertAlmostEqual(self.rows[kind, LABELS[t], "ppgn"]["share"], share, places=6)
            real = self.rows["all", LABELS[t], "real pictures"]
            self.assertEqual(real["found"], len(places))
            self.assertGreater(real["precision"], 0.5)

    def test_means_and_ratios(self):
        compared = [label for label in LABELS if label != "shirt"]
        for key in ("pairs", "nearest", "steps", "samples"):
            of_targets = {name: [self.rows["all", label, name][key] for label in compared]
                          for name in ("invset", "ppgn")}
            for name, values in of_targets.items():
                self.assertAlmostEqual(self.rows["all", "mean", name][key], np.mean(values),
                                       places=4)
            if key not in ("pairs", "nearest"):
                continue
            ratios = np.divide(of_targets["invset"], of_targets["ppgn"])
            for line, value in (("mean", ratios.mean()), ("least ratio", ratios.min()),
                                ("greatest ratio", ratios.max())):
                self.assertAlmostEqual(self.rows["all", line, "ppgn"][key + "_ratio"], value,
                                       places=5)
        for key in ("pairs", "frechet", "recall"):
            self.assertIsNone(self.rows["all", "shirt", "invset"][key])
        rows = self.file["provenance/blocks"][:]
        rows = rows[rows["attempt"] > 0]
        whole = rows["t_end"].max() - (rows["t_end"] - rows["seconds"]).min()
        n = (self.file["sample_status"][:] == 1).sum()  # one rank, busy from end to end
        self.assertAlmostEqual(self.rows["all", "mean", "invset"]["seconds"], whole / n,
                               delta=0.2 * whole / n)

    def test_text(self):
        self.assertIn("shirt: invset has 0 samples, wanted at least 4", self.text)
        self.assertIn("shirt: 0 real pictures in the window", self.text)
        self.assertIn("Mean of 4 targets, all samples", self.text)
        row = self.rows["all", "ankle boot", "ppgn"]
        line = next(line for line in self.text.splitlines() if re.match("ankle boot +ppgn", line))
        self.assertIn(" %.2f " % row["pairs"], line)
        path = self.folder + "/table.md"
        done = script("compare.py", self.run_path, self.other_path, "--table", path, "--dataset",
                      "none", "--target", "bag & <tag>", "--target", "ankle boot")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        line = next(line for line in lines if line.startswith("| ankle boot | ppgn |"))
        self.assertIn("| %.2f | %.3f |" % (row["pairs"], row["pairs_ratio"]), line)
        tables = [line for line in lines if line.startswith("|")]
        self.assertNotIn("Frechet", " ".join(tables))  # nothing is known of it

    def test_equal_steps(self):
        rows, _ = self.compare("--steps", "--dataset", "none")
        files = {"invset": self.file, "ppgn": self.other}
        for t in (SNEAKER, TWO, BAG, BOOT):
            budget = min(self.cost(file, t) for file in files.values())
            for name, file in files.items():
                status, steps = file["sample_status"][t], file["sample_steps"][t]
                chain, block = file["chain"][t], file["chain_block"][t]
                order = sorted(np.flatnonzero(status), key=lambda slot: (
                    chain[slot] >= 0, block[slot], chain[slot], slot))
                spent, n = file["summary/pool_steps"][()] / len(LABELS), 0
                for slot in order:
                    spent += steps[slot]
                    n += spent <= budget + 1e-6 and status[slot] in (1, 3)
                self.assertEqual(rows["all", LABELS[t], name]["samples"], n if n >= FEWEST else 0)
        cut = [rows["all", label, name]["samples"] < rows["all", label, name]["found"]
               for label in LABELS for name in files]
        self.assertTrue(any(cut))

    def test_all(self):
        rows, _ = self.compare("--all", "--dataset", "none")
        for kind, label in ("all", LABELS[BAG]), ("window", "sneaker"):
            found = [rows[kind, label, name]["found"] for name in ("invset", "ppgn")]
            self.assertEqual([rows[kind, label, name]["samples"] for name in ("invset", "ppgn")],
                             found)
            self.assertNotEqual(*found)

    def test_samples_are_no_reference(self):
        data = self.folder + "/more.npy"
        inside = self.fc8[:, 7]
        places = np.flatnonzero((inside >= 20) & (inside <= 30))
        np.save(data, np.concatenate([np.repeat(self.file["image"][SNEAKER], 2, axis=0),
                                      self.pictures[places]]))
        self.assertEqual(self.rows["all", "sneaker", "invset"]["real"], -(-len(places) // 2))
        done = script("compare.py", self.run_path, "--dataset", data, "--target", "7", "--table",
                      self.folder + "/one.csv", "--invset", PROGRAM)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.folder + "/one.csv", encoding="utf-8") as file:
            row = next(row for row in csv.DictReader(file) if row["target"] == "sneaker")
        self.assertEqual((row["method"], row["real"]), ("invset", str(-(-len(places) // 2))))

    def test_conditions(self):
        """Real pictures are those that meet all conditions, each of its own kind."""
        first, n = 7 * 196, 196  # units of channel 7 of conv2
        largest = self.features("conv2", self.pictures)[:, first:first + n].max(1)
        odds = np.exp(self.fc8 - self.fc8.max(1, keepdims=True))
        probability = odds[:, 7] / odds.sum(1)
        low = np.float32(np.quantile(largest[probability >= 0.5], 0.4))

        def change(file):
            file["target_quantity"][TWO, 0] = 1
            file["target_blob"][TWO, 1] = b"conv2"
            file["target_neuron"][TWO, 1], file["target_units"][TWO, 1] = first, n
            file["window"][TWO] = (0.5, 1), (low, np.inf)
        figure, table = self.folder + "/conditions.svg", self.folder + "/conditions.csv"
        done = script("compare.py", self.changed("conditions", change), "--target", LABELS[TWO],
                      "--dataset", self.data, "--table", table, "--figure", figure, "--invset",
                      PROGRAM)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(table, encoding="utf-8") as file:
            row = next(row for row in csv.DictReader(file) if row["method"] == "real pictures")
        expected = ((probability >= 0.5) & (largest >= low)).sum()
        self.assertTrue(100 < expected < (probability >= 0.5).sum())
        self.assertEqual(int(row["found"]), expected)
        with open(figure, encoding="utf-8") as file:
            self.assertIn("p in [0.5, 1]", file.read())

    def test_figure(self):
        tree = xml.etree.ElementTree.parse(self.figure)
        words = ["".join(text.itertext()).strip() for text in tree.iter(SVG + "text")]
        self.assertEqual([words.count(name) for name in ("invset", "ppgn", "real pictures")],
                         [5, 5, 5])
        self.assertIn("sneaker (fc8[7]), activation 20 to 30", words)
        status = self.other["sample_status"][BOOT]
        outside = 100 * (status == 3).sum() / np.isin(status, (1, 3)).sum()
        self.assertIn("%.0f %% outside" % outside, words)
        self.assertEqual(words.count("no sample (not reached)"), 1)
        # Four pictures of each set; no shoe is a bag, and only ppgn has samples of shirts.
        self.assertEqual(len(list(tree.iter(SVG + "image"))), 4 * (3 + 3 + 1 + 2 + 3))
        self.assertEqual(words.count("none in the window"), 2)

    def test_refused(self):
        def window(file):
            file["window"][BOOT, 0] = 9, 20

        def encoder(file):
            sha256 = file["models/sha256"][:]
            sha256[-1] = b"0" * 64
            file["models/sha256"][...] = sha256

        def nothing(file):
            file["sample_status"][...] = np.where(file["sample_status"][:] == 1, 2,
                                                  file["sample_status"][:])
        none = "--dataset", "none"
        for arguments, *words in (
                ([self.changed("window", window), *none], "ankle boot", "8 to 20", "9 to 20"),
                ([self.changed("encoder", encoder), *none], "the file of the encoder", "same"),
                ([self.changed("nothing", nothing), *none], "no accepted samples"),
                ([self.other_path, "--dataset", "/no/data"], "no data set '/no/data'", "'none'"),
                ([self.other_path, "--target", "boat"], "'boat'"),
                ([self.other_path, "--table", "x.doc"], "--table 'x.doc'", ".md or .csv"),
                ([self.other_path, "--figure", "x.gif"], ".png or .svg"),
                ([self.other_path, "--fewest", "3"], "--fewest 3"),
                ([self.other_path, "--method", "a"], "1 --method for 2"),
                ([self.other_path, "--feature", "pool9", "--dataset", self.data, "--pictures", "10",
                  "--invset", PROGRAM], "pool9"),
                (["/no/run.h5"], "there is no file")):
            self.refused(script("compare.py", self.run_path, *arguments), *words)
        fewer = self.changed("fewer", lambda file: file["target_neuron"].__setitem__((BOOT, 0), 5))
        self.refused(script("compare.py", self.run_path, fewer, *none), "has not")


if __name__ == "__main__":
    unittest.main()
