"""analysis/gallery.py: its tiles and pages say what the run file says, and lie where it says."""

import json
import os
import re
import unittest

from PIL import Image

from small_run import TARGETS, RunTest, np, script, with_reach

from report_page import Page, cut


class Test(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gallery = cls.gallery_of(cls.run_path)
        cls.tiles, cls.sheet = cls.tiles_of(cls.gallery)

    @classmethod
    def gallery_of(cls, path):
        folder = path + ".gallery"
        done = script("gallery.py", path, "-o", folder)
        if done.returncode != 0:
            raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
        return folder

    @staticmethod
    def tiles_of(folder):
        with open(folder + "/targets.js", encoding="utf-8") as file:
            (group,) = json.loads(re.search(r"const groups = (\[.*\]);", file.read(), re.S)[1])
        return group["tiles"], group["sheet"]

    def test_tiles_are_the_files(self):
        summary = self.file["summary"]
        outcomes = {1: "full", 2: "partly reached", 3: "not reached"}
        self.assertEqual(len(self.tiles), len(TARGETS))
        for t, tile in enumerate(self.tiles):
            n = int(summary["n_accepted"][t])
            self.assertEqual((tile["label"], tile["accepted"]), (TARGETS[t][0], n))
            self.assertEqual(tile["outcome"], outcomes[summary["status"][t]])
            self.assertAlmostEqual(tile["reach"], np.nanmax(self.file["activation"][t][:, 0]),
                                   delta=1e-4 * abs(tile["reach"]))
            if not n:
                self.assertEqual((tile["spread"], tile["cost"]), (None, None))
                continue
            e = self.file["encoding"][t][self.accepted(t)].astype(float)
            pairs = [np.linalg.norm(a - b) for i, a in enumerate(e) for b in e[:i]]
            self.assertAlmostEqual(tile["spread"], np.mean(pairs), delta=1e-4 * tile["spread"])
            self.assertAlmostEqual(tile["cost"], summary["steps"][t] / n, delta=1e-3)

    def test_pictures_are_medoids(self):
        sheet = np.asarray(Image.open("%s/%s" % (self.gallery, self.sheet["file"])))
        used = []
        for t, tile in enumerate(self.tiles):
            slots = self.accepted(t)
            shown = [cut(sheet, self.sheet, place) for place in tile["places"]]
            used += tile["places"]
            if not len(slots):
                self.assertEqual(len(shown), 1)  # the best attempt
                continue
            self.assertEqual(len(shown), 4)
            e = self.file["encoding"][t][slots].astype(float)
            pairs = np.linalg.norm(e[:, None] - e[None], axis=2)
            np.testing.assert_array_equal(
                shown[0], self.file["image"][t, slots[pairs.sum(0).argmin()]])
            found = [next(i for i, slot in enumerate(slots)
                          if np.array_equal(picture, self.file["image"][t, slot]))
                     for picture in shown]
            near = pairs[:, found].min(1).sum()
            for others in np.random.default_rng(t).permuted(
                    np.tile(np.arange(len(slots)), (50, 1)), axis=1)[:, :4]:
                self.assertLess(near, 1.05 * pairs[:, others].min(1).sum())  # hardly any are better
        self.assertEqual(used, list(range(len(used))))

    def test_pages(self):
        for t, tile in enumerate(self.tiles):
            page = Page("%s/%s" % (self.gallery, tile["page"]))
            self.assertNotIn("tag", page.tags)
            section = "target-%d" % t
            slots = page.data[section]["slot"]
            if len(self.accepted(t)):
                self.assertEqual(sorted(slots), self.accepted(t).tolist())
            for place, slot in enumerate(slots):
                np.testing.assert_array_equal(page.picture(section, place),
                                              self.file["image"][t, slot])
        for folder, _, names in os.walk(self.gallery):
            for name in names:
                if not name.endswith(".html"):
                    continue
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    source = file.read()
                self.assertNotRegex(source, "https?://|data:image")
                links = re.findall(r"(?:href|src)=\"([^\"#]+)\"|url\(([^)]+)\)", source)
                self.assertGreater(len(links), 2)
                for link in map("".join, links):
                    self.assertTrue(os.path.exists(os.path.join(folder, link)), link)

    def test_windows_that_are_not_known(self):
        tiles, _ = self.tiles_of(self.gallery_of(self.changed("reach", with_reach)))
        self.assertEqual((tiles[2]["window"], tiles[2]["places"]), ("out of reach", []))
        self.assertEqual((tiles[2]["reach"], tiles[0]["reach"]), (-0.25, 41.5))
        self.assertIsNone(tiles[3]["reach"])

    def test_writing_again(self):
        again = self.gallery_of(self.changed("twice", lambda file: None))
        stale = again + "/target/99999.html"
        with open(stale, "w") as file:
            file.write("of an older run")
        self.gallery_of(self.folder + "/twice.h5")
        self.assertFalse(os.path.exists(stale))
        self.assertFalse(os.path.exists(again + ".creating"))

    def test_refused(self):
        other = self.folder + "/other"
        os.makedirs(other)
        with open(other + "/letter", "w") as file:
            file.write("dear")
        for path, words in ((other, "is no gallery"), (self.run_path, "is the run file itself"),
                            (self.run_path + "/x", "cannot write")):
            self.refused(script("gallery.py", self.run_path, "-o", path), words, path)
        self.assertEqual(os.listdir(other), ["letter"])
        self.refused(script("gallery.py", self.folder + "/none.h5", "-o", other + "2"),
                     "there is no file")
        self.assertFalse(os.path.exists(other + "2"))


if __name__ == "__main__":
    unittest.main()
