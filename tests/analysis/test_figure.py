"""analysis/figure.py: the pictures and words of its figures are those of the run."""

import base64
import io
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

from small_run import RunTest, np, script, with_reach

try:
    import matplotlib  # noqa: F401  (figure.py needs it)
    from PIL import Image
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


class Test(RunTest):
    def draw(self, *arguments):
        """Words of a figure from the top down, and its pictures in reading order."""
        path = self.folder + "/figure.svg"
        done = script("figure.py", *arguments, "-o", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        tree = xml.etree.ElementTree.parse(path)
        words = ["".join(text.itertext()).strip() for text in tree.iter(SVG + "text")]
        placed = []
        for image in tree.iter(SVG + "image"):
            data = base64.b64decode(image.attrib[HREF].split(",")[1])
            pixels = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
            placed.append((pixels, image.attrib))
        return words, [pixels for pixels, _ in placed]

    def test_rows(self):
        other = self.folder + "/other.h5"
        shutil.copy(self.run_path, other)
        words, pictures = self.draw("rows", self.run_path, other, "--method", "ours", "--method",
                                    "theirs", "--target", "ankle boot", "--target", "sneaker",
                                    "--columns", "4", "--numbers")
        self.assertEqual([w for w in words if w in ("ours", "theirs")], ["ours", "theirs"] * 3)
        titles = [w for w in words if "activation" in w]
        self.assertEqual(sorted(titles), sorted((
            "sneaker (fc8[7]), activation 20 to 30",
            "sneaker (fc8[7]), activation 8 to 20 and ankle boot (fc8[9]), activation 8 to 20",
            "ankle boot (fc8[9]), activation 8 to 20")))
        self.assertTrue(titles[0].endswith("ankle boot (fc8[9]), activation 8 to 20"))
        self.assertEqual(len(pictures), 6 * 4)
        numbers = [w for w in words if re.fullmatch(r"[\d., ]+", w)]
        self.assertEqual(len(numbers), len(pictures))
        by_title = {"sneaker (fc8[7]), activation 20 to 30": 0,
                    "ankle boot (fc8[9]), activation 8 to 20": 4}
        for title, first in zip(titles, range(0, len(pictures), 8)):
            t = by_title.get(title, 1)
            known = {self.shown_size(self.file["image"][t, slot]).tobytes(): slot
                     for slot in self.accepted(t)}
            rows = [[known[self.shown_size(picture).tobytes()] for picture in pictures[i:i + 4]]
                    for i in (first, first + 4)]
            self.assertEqual(rows[0], rows[1])  # the same file twice
            self.assertEqual(len(set(rows[0])), 4)
            for k, slot in enumerate(rows[0]):
                values = self.file["activation"][t, slot]
                self.assertEqual(numbers[first + k], ", ".join(
                    "%#.3g" % v for v in values if not np.isnan(v)))

    @staticmethod
    def shown_size(picture):
        """A figure holds pictures enlarged or as they are; both as they are."""
        step = len(picture) // 28
        return picture[step // 2::step, step // 2::step]

    def test_intersection(self):
        words, pictures = self.draw("intersection", self.run_path, "--columns", "3")
        self.assertEqual([w for w in words if "activation" in w], [
            "sneaker (fc8[7]), activation 20 to 30", "ankle boot (fc8[9]), activation 8 to 20",
            "All at once: sneaker (fc8[7]), activation 8 to 20 and ankle boot (fc8[9]), activation "
            "8 to 20"])
        self.assertEqual(len(pictures), 9)

    def test_intersection_of_windows(self):
        """Each neuron alone with the window that it has in all at once, if a run has it so."""
        def change(file):
            file["window"][1, 0] = 20, 30  # as the sneaker alone
            file["window"][1, 1] = 9, np.inf  # as no boot alone
            file["target_neuron"][2, 0] = 7  # a second sneaker, with another window
            file["target_neuron"][3, 0] = 9  # a second boot, in another blob
            file["target_blob"][3, 0] = b"fc7"
            for name in "target_label", "target_neuron", "window", "target_blob":
                values = file[name][:]
                values[[0, 2]] = values[[2, 0]]
                file[name][...] = values
            file.attrs["method"] = "ppgn"
        words, pictures = self.draw("intersection", self.changed("windows", change), "--columns", "3")
        titles = [w for w in words if "activation" in w]
        self.assertEqual([title.split("(")[1] for title in titles[:2]],
                         ["fc8[7]), activation 20 to 30", "fc8[9]), activation 8 to 20"])
        self.assertEqual(titles[2], "All at once: sneaker (fc8[7]), activation 20 to 30 and ankle "
                         "boot (fc8[9]), activation >= 9")
        self.assertIn("no sample (none in the window)", words)  # the moved sneaker has none

    def test_what_is_not_reached(self):
        words, pictures = self.draw("rows", self.run_path, "--target", "shirt")
        self.assertEqual((words, pictures), (["shirt (fc8[6]), activation 500 to 600",
                                              "no accepted sample (not reached)"], []))
        words, _ = self.draw("rows", self.changed("reach", with_reach), "--target", "shirt")
        self.assertEqual(words[0], "shirt (fc8[6]), out of reach")

    def test_kinds(self):
        paths = [self.folder + "/f" + kind for kind in (".pdf", ".png")]
        done = script("figure.py", "rows", self.run_path, "-o", paths[0], "-o", paths[1], "--width",
                      "8.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(paths[0], "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")
        with Image.open(paths[1]) as picture:
            self.assertAlmostEqual(picture.width, 8.5 / 2.54 * 300, delta=1)
            self.assertLess(np.asarray(picture.convert("L")).min(), 10)

    def test_refused(self):
        out = self.folder + "/x.pdf"
        for arguments, words in (
                (["rows", self.run_path, "-o", self.folder + "/x.doc"], ".pdf or .png or .svg"),
                (["rows", self.run_path, "-o", out, "--method", "a", "--method", "b"],
                 "2 --method for 1 run files"),
                (["intersection", self.run_path, "-o", out, "--target", "shirt"], "'shirt'"),
                (["rows", self.run_path, "-o", out, "--target", "boat"], "'boat'"),
                (["rows", self.run_path, "-o", "/no/x.pdf"], "cannot write '/no/x.pdf'"),
                (["rows", self.run_path, "-o", out, "--width", "1"], "wanted 5 to 200 cm"),
                (["rows", self.folder + "/none.h5", "-o", out], "there is no file")):
            self.refused(script("figure.py", *arguments), words)


if __name__ == "__main__":
    unittest.main()
