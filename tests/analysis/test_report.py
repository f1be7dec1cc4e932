"""analysis/report.py on a small real run of the built program: everything in the page is what the
run file says, and the page needs nothing but itself."""

import os
import re
import subprocess
import sys
import unittest

from small_run import ANALYSIS, K, N, PROGRAM, TARGETS, RunTest, h5py, np, script, with_reach

from report_page import Page, cut


class Test(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.page_of(cls.run_path)

    @classmethod
    def page_of(cls, path, *options):
        done = script("report.py", path, "-o", path + ".html", *options)
        if done.returncode != 0:
            raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
        return Page(path + ".html")

    def shown(self, page, t):
        """(slot, activation of the first neuron, pixels) of the samples of a target."""
        data = page.data["target-%d" % t]
        return [(slot, activation[0], page.picture("target-%d" % t, place))
                for place, (slot, activation) in enumerate(zip(data["slot"], data["activation"]))]

    def test_every_accepted_sample_is_in_it(self):
        for t in 0, 1, 3, 4:
            shown = self.shown(self.page, t)
            self.assertGreaterEqual(len(shown), K)  # else the run is no test
            self.assertEqual(sorted(s for s, _, _ in shown), self.accepted(t).tolist())
            first = self.file["activation"][t][:, 0]
            values = [first[s] for s, _, _ in shown]
            self.assertEqual(values, sorted(values))
            for slot, activation, pixels in shown:
                self.assertAlmostEqual(activation, first[slot], delta=1e-5 * abs(first[slot]))
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
        slot, _, pixels = self.shown(self.page, 2)[0]  # the best attempt comes first
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
        sys.path.insert(0, ANALYSIS)
        import charts
        for values, window in (([20.0, 25.0, 30.0], (20, 30)), ([5.0], (-1e6, 1e6)),
                               ([5.0], (5, 5)), ([3.0], (10, 10.0001)), ([3.0, 40.0], (10, 20)),
                               ([-1e-7], (-1e-6, 0)), ([3.0, 4.0], (2, np.inf)),
                               ([3.0, 4.0], (-np.inf, 3.5)), ([3.0], (-np.inf, 2)),
                               ([1.0, 3.0], (2, np.inf)), ([0.2, 0.5], (-np.inf, np.inf))):
            edges = charts.bin_edges(np.array(values), window)
            self.assertTrue(2 <= len(edges) <= 60 and (np.diff(edges) > 0).all(), values)
            self.assertTrue(edges[0] <= min(values) and max(values) <= edges[-1] * (1 + 1e-6))
            if edges[0] < window[0]:
                self.assertAlmostEqual(np.abs(edges - window[0]).min(), 0, places=9)
            inside = np.array([v for v in values if window[0] <= v <= window[1]])
            svg = charts.histogram(inside, np.array([]), window, "x",
                                   "<= so") if len(inside) else ""
            self.assertEqual(sum(map(int, re.findall(r"(\d+) accepted<", svg))), len(inside))

    def test_words_of_windows(self):
        sys.path.insert(0, ANALYSIS)
        from words import window_text
        for window, quantity, text in (((20, 30), 0, "20 to 30"), ((-np.inf, 2), 0, "<= 2"),
                                       ((5, np.inf), 0, ">= 5"), ((0.5, 1), 1, "p in [0.5, 1]")):
            self.assertEqual(window_text(window, quantity), text)

    def test_maps_of_odd_points(self):
        """All the same, few, two heaps, one coordinate: no crash, and no map of nothing."""
        sys.path.insert(0, ANALYSIS)
        import geometry
        rng = np.random.default_rng(4)
        for points, is_map in ((np.ones((20, 4)), False), (rng.normal(size=(5, 4)), False),
                               (np.repeat(np.eye(4)[:2], 10, axis=0), True),
                               (rng.normal(size=(12, 1)), True)):
            found = geometry.neighbour_map(points)
            self.assertEqual(found is not None, is_map)
            if is_map:
                self.assertTrue(np.isfinite(found).all())
                self.assertEqual(found.shape, (len(points), 2))

    def test_an_attempt_without_numbers(self):
        def spoil(file):
            file["encoding"][2, 0] = np.nan
            file["activation"][2, 0] = np.nan
        data = self.page_of(self.changed("spoilt", spoil)).data
        self.assertNotIn("maps", data["target-2"])
        self.assertEqual(data["target-2"]["activation"][-1], [None])  # the farthest from the window
        self.assertIn("maps", data["target-0"])

    def test_cost_by_chain(self):
        tables = self.page.tables["target-0"]
        rows = tables[[row[0] for row in tables].index("Chain") + 1:]
        for row in rows[:-1]:
            chain = -1 if row[0] == "seed block" else int(row[0].split()[1])
            mine = self.file["chain"][0] == chain
            self.assertEqual(row[1].split(" / ")[1], str(mine.sum()))
            self.assertAlmostEqual(float(row[2]), self.file["sample_steps"][0][mine].sum(),
                                   delta=0.06)
            self.assertEqual(int(row[4]), self.file["restarts"][0][mine].sum())
            blocks = sorted(set(np.flatnonzero(mine) // K))
            seconds = self.file["provenance/blocks"][0]["seconds"][blocks]
            self.assertTrue(seconds.min() * 0.999 <= float(row[5]) <= seconds.max() * 1.001)
        self.assertEqual([row[0] for row in rows], ["seed block", "chain 0", "chain 1", "all"])

    def test_page_needs_nothing_else(self):
        for page in self.page, self.page_of(self.run_path, "--target", "shirt"):
            self.assertFalse(page.tags & {"link", "iframe", "object", "img", "tag", "b"})
            for name, value in page.attributes:
                if name in ("src", "srcset", "href", "data", "action"):
                    self.assertRegex(value, "^#")
            for address in re.findall(r"url\(([^)]{0,30})", page.source):
                self.assertTrue(address.startswith("data:image/"), address)
            self.assertNotRegex(page.source, "@import|https?://|fetch\\(|XMLHttp")
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
        self.assertIn("This run is not finished: 8 of 15 blocks are there", page.texts["head"])
        self.assertTrue(all(slot < K for slot, _, _ in self.shown(page, 0)))
        row = page.tables["targets"][1]
        self.assertIn("not finished", row[-1])
        self.assertEqual(row[4], "%d / %d" % ((self.accepted(0) < K).sum(), N))
        self.assertNotIn("target-3", page.data)

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
        for slot, _, pixels in self.shown(page, 0):
            np.testing.assert_array_equal(pixels, colours[0, slot])
        self.assertIn("without encodings", page.texts["target-0"])

    def test_big_pictures_are_made_smaller(self):
        big = np.full((len(TARGETS), N, 227, 227, 3), 7, np.uint8)
        big[..., :113, :, :] = (8, 40, 80)

        def enlarge(file):
            del file["image"]
            file["image"] = big
        pixels = self.shown(self.page_of(self.changed("big", enlarge)), 0)[0][2]
        self.assertEqual(pixels.shape, (114, 114, 3))
        np.testing.assert_allclose(pixels[:50].mean((0, 1)), (8, 40, 80), atol=3)  # WebP
        np.testing.assert_allclose(pixels[60:].mean((0, 1)), 7, atol=3)

    def test_neighbours_and_maps(self):
        for t in 0, 1, 3:
            data = self.page.data["target-%d" % t]
            e = self.file["encoding"][t][data["slot"]].astype(float)
            distances = np.linalg.norm(e[:, None] - e[None], axis=2)
            np.fill_diagonal(distances, np.inf)
            for i, (near, found) in enumerate(zip(data["near"], data["nearDistance"])):
                np.testing.assert_allclose(found, np.sort(distances[i])[:5], rtol=1e-4)
                np.testing.assert_allclose(distances[i][near], found, rtol=1e-4)
            np.testing.assert_allclose(data["gap"], distances.min(1), rtol=1e-4)
            centred = e - e.mean(0)
            axes = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1]
            flat = centred @ axes
            shown = np.array(data["maps"]["pca"]["points"])
            scale = np.ptp(shown, axis=0) / np.ptp(flat, axis=0)
            self.assertAlmostEqual(scale[0], scale[1], delta=0.01 * scale[0])  # the same both ways
            for k in 0, 1:
                self.assertGreater(abs(np.corrcoef(shown[:, k], flat[:, k])[0, 1]), 0.9999)
            words = data["maps"]["pca"]["label"]
            length = float(re.search("The bar is (.*) encoder units long", words)[1])
            self.assertAlmostEqual(data["maps"]["pca"]["bar"], length * scale[0], delta=0.3)
            self.assertEqual(np.shape(data["maps"]["tsne"]["points"]), (len(e), 2))

    def test_spread_order_is_that_of_montage(self):
        data = self.page.data["target-0"]
        order = np.array(data["slot"])[np.argsort(data["spread"])]
        done = subprocess.run([PROGRAM, "montage", "-v", "--target", "sneaker", "--columns", "9",
                               self.run_path, self.folder + "/sheet.png"], capture_output=True,
                              text=True, check=True)
        slots = re.findall(r"row 1, column \d+: slot (\d+)", done.stderr + done.stdout)
        self.assertEqual(list(map(int, slots)), order[:9].tolist())

    def test_real_pictures(self):
        rng = np.random.default_rng(2)
        real = rng.integers(0, 256, (40, 28, 28), np.uint8)
        real[17] = self.file["image"][0, self.accepted(0)[3]]  # a sample is its own nearest picture
        np.save(self.folder + "/real.npy", real)
        page = self.page_of(self.run_path, "--dataset", self.folder + "/real.npy", "--target",
                            "sneaker", "--invset", PROGRAM)
        data = page.data["target-0"]
        place = data["slot"].index(self.accepted(0)[3])
        sheet = page.sprites[data["realSprite"]["name"]]
        np.testing.assert_array_equal(cut(sheet, data["realSprite"], data["real"][place][0]),
                                      real[17])
        self.assertLess(data["realDistance"][place][0], 1e-2)
        self.assertGreater(data["realDistance"][place][1], 1)
        self.assertIn("40 of", page.texts["provenance"])

    def test_data_sets_that_are_none(self):
        np.save(self.folder + "/wide.npy", np.zeros((3, 28, 29), np.uint8))
        os.makedirs(self.folder + "/empty", exist_ok=True)
        with open(self.folder + "/text.idx", "w") as file:
            file.write("no data")
        for name, words in (("missing", "there is no data set"), ("wide.npy", "(28, 29)"),
                            ("empty", "has no pictures"), ("text.idx", "is no IDX file")):
            done = script("report.py", self.run_path, "-o", self.folder + "/none.html", "--dataset",
                          "%s/%s" % (self.folder, name), "--invset", PROGRAM)
            self.refused(done, words, "%s/%s" % (self.folder, name))
        np.save(self.folder + "/fine.npy", np.zeros((3, 28, 28), np.uint8))
        done = script("report.py", self.run_path, "-o", self.folder + "/none.html", "--dataset",
                      self.folder + "/fine.npy", "--invset", "/no/invset")
        self.refused(done, "cannot start '/no/invset'", "--invset")

    def test_windows_that_are_not_known(self):
        page = self.page_of(self.changed("reach", with_reach))
        rows = page.tables["targets"]
        self.assertEqual([rows[i][3] for i in (3, 4)], ["out of reach"] * 2)  # ended
        self.assertIn("max of fc8[7..42]", rows[1][2])
        self.assertIn("Out of reach: no start", page.texts["target-2"])
        self.assertIn("highest activation that was found is -0.25", page.texts["target-2"])
        self.assertIn(["sneaker (max of fc8[7..42])", "4", "41.5", "36.5", "12"],
                      page.tables["target-0"])
        self.assertIn("150 to look for the reach", page.texts["head"])

        def unfinished(file):
            with_reach(file)
            file["summary/complete"][()] = 0
        page = self.page_of(self.changed("probing", unfinished))
        self.assertEqual([page.tables["targets"][i][3] for i in (3, 4)],
                         ["out of reach", "window not known yet"])
        self.assertIn("which is not known yet", page.texts["target-3"])

    def test_conditions(self):
        """Windows with an open side, a probability, and samples that a method keeps outside."""
        def change(file):
            file["target_quantity"][0, 0] = 1
            file["window"][0, 0] = 0.5, 1
            file["activation"][0, :, 0] = np.linspace(0.6, 0.9, N)
            file["window"][1, 0] = 20, np.inf
            file["window"][1, 1] = -np.inf, 2
            file["target_blob"][1, 1] = b"fc7"
            file["sample_status"][1, 0] = 3
            file.attrs["method"] = "ppgn"
        page = self.page_of(self.changed("conditions", change))
        rows = page.tables["targets"]
        self.assertEqual([rows[i][3] for i in (1, 2)], ["p in [0.5, 1]", ">= 20<= 2"])
        self.assertIn("Probability: mean 0.75", page.texts["target-0"])
        self.assertIn("Not in the window: 1 sample, which the method ppgn keeps, too.",
                      page.texts["target-1"])
        self.assertIn("The method ppgn, which invset is compared with", page.texts["head"])
        self.assertEqual(rows[2][-1], "◐ some in the window")
        shown = page.data["target-1"]
        self.assertEqual([shown["slot"][i] for i, ok in enumerate(shown["accepted"]) if not ok], [0])
        self.assertIn("fc7[", rows[2][2])

    def test_what_is_no_run_file(self):
        text, other = self.folder + "/text.h5", self.folder + "/other.h5"
        with open(text, "w") as file:
            file.write("no run")
        with h5py.File(other, "w") as file:
            file["x"] = 1
        version = self.changed("version", lambda file: file.attrs.modify("format_version", 9))
        lacking = self.changed("lacking", lambda file: file.__delitem__("window"))
        missing = self.folder + "/missing.h5"
        for path, words in ((missing, "there is no file"), (text, "cannot be opened as HDF5"),
                            (other, "no run file of invset"), (version, "format version 9"),
                            (lacking, "no dataset 'window'"), (self.folder, "is not a file")):
            page = self.folder + "/none.html"
            self.refused(script("report.py", path, "-o", page), words, "'%s'" % path)
            self.assertFalse(os.path.exists(page))

    def test_bad_options(self):
        for page, options, words in (("/x.html", ["--target", "boat"], "name or unit 'boat'"),
                                     ("/run.h5", [], "is the run file itself"),
                                     ("/no/folder.html", [], "cannot write"),
                                     ("/x.html", ["--pictures", "0"], "no whole number")):
            self.refused(script("report.py", self.run_path, "-o", self.folder + page, *options),
                         words)


if __name__ == "__main__":
    unittest.main()
