"""analysis/report.py on a small real run of the built program: everything in the page is what the
run file says, and the page needs nothing but itself."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

from report_page import Page

SOURCE, PROGRAM = os.environ["INVSET_SOURCE"], os.environ["INVSET_BUILD"] + "/invset"
REPORT = SOURCE + "/analysis/report.py"
BAG = "bag & <tag>"  # a name that HTML must not see
TARGETS = (("sneaker", [20, 30]), ("sneaker + ankle boot", [8, 20]), ("shirt", [500, 600]),
           (BAG, [30, 50]))
N, K = 23, 10

CONFIG = """
models: {
  classifier: { net = "%(m)s/classifier.prototxt"; weights = "%(m)s/classifier.caffemodel.h5";
                mean = [73.0]; labels = "%(labels)s"; };
  generator: { net = "%(m)s/generator.prototxt"; weights = "%(m)s/generator.caffemodel.h5"; };
  encoder: { net = "%(m)s/encoder.prototxt"; weights = "%(m)s/encoder.caffemodel.h5";
             blob = "code"; };
};
targets: ( %(targets)s );
sampling: { samples = %(n)d; block = %(k)d; chains = 2; code_min = -2.5; code_max = 2.5;
            max_starts = 2; max_steps = 10; };
run: { backend = "cpu"; };
output: { file = "%(out)s"; };
"""


def make_run(folder):
    """A run with a full target, one of two neurons, one out of reach, and one with a bad name."""
    path, labels = folder + "/run.h5", folder + "/labels.txt"
    with open(SOURCE + "/models/fashion/labels.txt") as old, open(labels, "w") as new:
        new.write(re.sub("(?m)^bag$", BAG, old.read()))
    groups = ['{ neurons = [%s]; window = [%.1f, %.1f]; }' % (
        ", ".join('"%s"' % name for name in label.split(" + ")), *window)
        for label, window in TARGETS]
    with open(folder + "/run.cfg", "w") as config:
        config.write(CONFIG % {"m": SOURCE + "/models/fashion", "labels": labels, "out": path,
                               "targets": ", ".join(groups), "n": N, "k": K})
    subprocess.run([PROGRAM, "sample", "-q", folder + "/run.cfg"], check=True)
    return path


def report(path, page, *options):
    return subprocess.run([sys.executable, "-B", REPORT, path, "-o", page, *options],
                          capture_output=True, text=True)


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.run_path = make_run(cls.folder)
        cls.page = cls.page_of(cls.run_path)
        cls.file = h5py.File(cls.run_path, "r")
        cls.addClassCleanup(cls.file.close)

    @classmethod
    def page_of(cls, path, *options):
        done = report(path, path + ".html", *options)
        if done.returncode != 0:
            raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
        return Page(path + ".html")

    def changed(self, name, change):
        """A copy of the run file, changed."""
        path = "%s/%s.h5" % (self.folder, name)
        shutil.copy(self.run_path, path)
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def accepted(self, t):
        return np.flatnonzero(self.file["sample_status"][t] == 1)

    def test_every_accepted_sample_is_in_it(self):
        for t in 0, 1, 3:
            shown = self.page.pictures["target-%d" % t]
            self.assertGreaterEqual(len(shown), K)  # else the run is no test
            self.assertEqual(sorted(s for s, _, _ in shown), self.accepted(t).tolist())
            first = self.file["activation"][t][:, 0]
            values = [first[s] for s, _, _ in shown]
            self.assertEqual(values, sorted(values))
            for slot, activation, pixels in shown:
                self.assertAlmostEqual(activation, first[slot], delta=6e-4 * abs(first[slot]))
                np.testing.assert_array_equal(pixels, self.file["image"][t, slot])

    def test_table_is_the_files(self):
        rows = self.page.tables["targets"][1:]
        self.assertEqual(len(rows), len(TARGETS))
        outcomes = {1: "full", 2: "partly reached", 3: "not reached"}
        summary = {name: item[()] for name, item in self.file["summary"].items()}
        for t, row in enumerate(rows):
            name, _, neurons, window, counts, activation, steps, per, restarts, outcome = row
            n = int(summary["n_accepted"][t])
            self.assertEqual(name, TARGETS[t][0])
            self.assertEqual(re.findall(r"fc8\[(\d+)\]", neurons), [
                str(unit) for unit in self.file["target_neuron"][t] if unit >= 0])
            self.assertTrue(window.startswith("%g to %g" % tuple(TARGETS[t][1])), window)
            self.assertEqual(counts, "%d / %d" % (n, N))
            self.assertAlmostEqual(float(steps), summary["steps"][t], delta=0.06)
            self.assertEqual(per, "%.2f" % (summary["steps"][t] / n) if n else "-")
            self.assertEqual(int(restarts), self.file["restarts"][t].clip(0).sum())
            self.assertIn(outcomes[summary["status"][t]], outcome)
            if n:
                mean, deviation = map(float, activation.split(" ± "))
                self.assertAlmostEqual(mean, summary["activation_mean"][t], delta=6e-4 * mean)
                self.assertAlmostEqual(deviation, summary["activation_std"][t],
                                       delta=6e-3 * deviation)
        total = summary["pool_steps"] + summary["steps"].sum()
        n = summary["n_accepted"].sum()
        self.assertIn("%d of %d samples were accepted" % (n, N * len(TARGETS)),
                      self.page.texts["head"])
        self.assertIn("%.0f sample-steps (%.0f of them for the pool of starts), %.2f per accepted"
                      % (total, summary["pool_steps"], total / n), self.page.texts["head"])

    def test_target_out_of_reach(self):
        best = "%.4g" % self.file["summary/best_activation"][2]
        self.assertEqual(self.file["summary/status"][2], 3)
        self.assertIn("Not reached: of 10 samples tried, none got into the window. The best "
                      "activation is %s, " % best, self.page.texts["target-2"])
        self.assertEqual(self.page.tables["targets"][3][5], "best " + best)
        slot, _, pixels = self.page.pictures["target-2"][0]  # the best attempt comes first
        self.assertEqual("%.4g" % self.file["activation"][2, slot, 0], best)
        np.testing.assert_array_equal(pixels, self.file["image"][2, slot])

    def test_charts(self):
        for t in 0, 1, 3:
            slots = self.accepted(t)
            counts = [int(tip.split()[-2]) for tip in self.page.tips["target-%d" % t]
                      if tip.endswith(" accepted") and " not " not in tip]
            self.assertEqual(sum(counts), len(slots) * (2 if t == 1 else 1))  # a chart per neuron
            e = self.file["encoding"][t][slots].astype(float)
            distances = [np.linalg.norm(a - b) for i, a in enumerate(e) for b in e[:i]]
            self.assertIn("%.4g at n = %d." % (np.mean(distances), len(slots)),
                          self.page.svg["target-%d" % t][-1])
        self.assertEqual(len(self.page.svg["target-2"]), 1)  # no spread without samples

    def test_bins_keep_to_the_window(self):
        sys.path.insert(0, SOURCE + "/analysis")
        import report_charts
        for values, window in (([20.0, 25.0, 30.0], (20, 30)), ([5.0], (-1e6, 1e6)),
                               ([5.0], (5, 5)), ([3.0], (10, 10.0001)), ([3.0, 40.0], (10, 20)),
                               ([-1e-7], (-1e-6, 0))):
            edges = report_charts.bin_edges(np.array(values), window)
            self.assertTrue(2 <= len(edges) <= 60 and (np.diff(edges) > 0).all(), values)
            self.assertTrue(edges[0] <= min(values) and max(values) <= edges[-1] * (1 + 1e-6))
            if edges[0] < window[0]:
                self.assertAlmostEqual(np.abs(edges - window[0]).min(), 0, places=9)
            inside = np.array([v for v in values if window[0] <= v <= window[1]])
            svg = report_charts.histogram(inside, np.array([]), window, "x") if len(inside) else ""
            self.assertEqual(sum(map(int, re.findall(r"(\d+) accepted<", svg))), len(inside))

    def test_cost_by_chain(self):
        rows = self.page.tables["target-0"][1:]
        for row in rows[:-1]:
            chain = -1 if row[0] == "seed block" else int(row[0].split()[1])
            mine = self.file["chain"][0] == chain
            self.assertEqual(row[1].split(" / ")[1], str(mine.sum()))
            self.assertAlmostEqual(float(row[2]), self.file["sample_steps"][0][mine].sum(),
                                   delta=0.06)
            self.assertEqual(int(row[4]), self.file["restarts"][0][mine].sum())
        self.assertEqual([row[0] for row in rows], ["seed block", "chain 0", "chain 1", "all"])

    def test_page_needs_nothing_else(self):
        for page in self.page, self.page_of(self.run_path, "--target", "shirt"):
            self.assertFalse(page.tags & {"script", "link", "iframe", "object", "tag", "b"})
            for name, value in page.attributes:
                if name in ("src", "srcset", "href", "data", "action"):
                    self.assertRegex(value, "^(#|data:image/png;base64,)")
            self.assertNotRegex(page.source, "@import|url\\(|https?://")
            links = [value[1:] for name, value in page.attributes if name == "href"]
            ids = [value for name, value in page.attributes if name == "id"]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertLessEqual(set(links), set(ids))

    def test_provenance(self):
        text = self.page.texts["provenance"]
        self.assertIn(self.file["config_text"].asstr()[()], text)
        for name in "program_version", "git_revision", "settings_sha256":
            self.assertIn(self.file.attrs[name], text)
        for name in "models/path", "models/sha256":
            for value in self.file[name].asstr()[:]:
                self.assertIn(value, text)

    def test_unfinished_run(self):
        def interrupt(file):
            file["summary/complete"][()] = 0
            records = file["blocks/record"][:]
            records[0, 1] = np.zeros((), records.dtype)  # never written
            records[0, 2]["crc32"] ^= 1  # torn
            records[3] = np.zeros((), records.dtype)
            file["blocks/record"][...] = records
        page = self.page_of(self.changed("unfinished", interrupt))
        self.assertIn("This run is not finished: 5 of 12 blocks are there", page.texts["head"])
        self.assertTrue(all(slot < K for slot, _, _ in page.pictures["target-0"]))
        row = page.tables["targets"][1]
        self.assertIn("not finished", row[-1])
        self.assertEqual(row[4], "%d / %d" % ((self.accepted(0) < K).sum(), N))
        self.assertNotIn("target-3", page.pictures)

    def test_damaged_file(self):
        def damage(file):
            file["blocks/record"][0, 1] = np.zeros((), file["blocks/record"].dtype)
        page = self.page_of(self.changed("damaged", damage))
        self.assertRegex(page.texts["head"], "The file is damaged: .*, of: sneaker\\.")
        self.assertNotIn("damaged", self.page.texts["head"])

    def test_colour_and_no_encodings(self):
        rng = np.random.default_rng(1)
        colours = rng.integers(0, 256, self.file["image"].shape + (3,), np.uint8)

        def colour(file):
            del file["image"], file["encoding"]
            file["image"] = colours
        page = self.page_of(self.changed("colour", colour))
        for slot, _, pixels in page.pictures["target-0"]:
            np.testing.assert_array_equal(pixels, colours[0, slot])
        self.assertIn("without encodings", page.texts["target-0"])

    def test_big_pictures_are_made_smaller(self):
        big = np.full((len(TARGETS), N, 227, 227, 3), 7, np.uint8)
        big[..., :2, :2, :] = [[[0, 40, 80], [4, 40, 80]], [[8, 40, 80], [4, 40, 100]]]

        def enlarge(file):
            del file["image"]
            file["image"] = big
        pixels = self.page_of(self.changed("big", enlarge)).pictures["target-0"][0][2]
        self.assertEqual(pixels.shape, (113, 113, 3))
        self.assertEqual(pixels[0, 0].tolist(), [4, 40, 85])
        self.assertTrue((pixels[1:] == 7).all())

    def test_what_is_no_run_file(self):
        text, other = self.folder + "/text.h5", self.folder + "/other.h5"
        with open(text, "w") as file:
            file.write("no run")
        with h5py.File(other, "w") as file:
            file["x"] = 1
        version = self.changed("version", lambda file: file.attrs.modify("format_version", 3))
        lacking = self.changed("lacking", lambda file: file.__delitem__("window"))
        missing = self.folder + "/missing.h5"
        for path, words in ((missing, "there is no file"), (text, "cannot be opened as HDF5"),
                            (other, "no run file of invset"), (version, "format version 3"),
                            (lacking, "no dataset 'window'"), (self.folder, "is not a file")):
            page = self.folder + "/none.html"
            done = report(path, page)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertIn("'%s'" % path, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse(os.path.exists(page))

    def test_bad_options(self):
        for page, options, words in (("/x.html", ["--target", "boat"], "--target boat"),
                                     ("/run.h5", [], "is the run file itself"),
                                     ("/no/folder.html", [], "cannot write")):
            done = report(self.run_path, self.folder + page, *options)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
