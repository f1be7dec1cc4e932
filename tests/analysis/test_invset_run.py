"""analysis/invset_run.py: what it reads is what h5py reads, its examples run, and windows that are
not known are no hindrance."""

import re
import sys
import types
import unittest

from small_run import ANALYSIS, N, RunTest, empty_target, np, with_reach

sys.path.insert(0, ANALYSIS)
import invset_run
from invset_run import RunError, open_run


class Test(RunTest):
    def test_arrays(self):
        with open_run(self.run_path) as run:
            target = run.target("sneaker")
            slots = self.accepted(0)
            np.testing.assert_array_equal(target.accepted(), slots)
            np.testing.assert_array_equal(target.codes(), self.file["code"][0][slots])
            np.testing.assert_array_equal(target.encodings(slots), self.file["encoding"][0][slots])
            np.testing.assert_array_equal(target.activation[slots, 0],
                                          self.file["activation"][0][slots, 0])
            order = slots[[5, 0, 5, 2]]  # any order, and twice
            pictures = target.pictures(order)
            self.assertEqual((pictures.shape, pictures.dtype), ((4, 28, 28, 3), np.uint8))
            for picture, slot in zip(pictures, order):
                for channel in range(3):
                    np.testing.assert_array_equal(picture[..., channel],
                                                  self.file["image"][0, slot])
            far = run.target(4).stored_pictures([N - 1, 0])  # few of many: another way to read
            np.testing.assert_array_equal(far, self.file["image"][4][[N - 1, 0]])
            self.assertEqual(run.target(2).pictures().shape, (0, 28, 28, 3))

    def test_names(self):
        with open_run(self.run_path) as run:
            self.assertEqual([t.number for t in run.targets(["ankle boot"])], [1, 4])
            self.assertEqual([t.number for t in run.targets(["7", "shirt"])], [0, 1, 2])
            for call, words in ((lambda: run.target("boat"), "labelled 'boat'"),
                                (lambda: run.target(5), "no target 5; the run has 5"),
                                (lambda: run.targets(["boat"]), "'boat'")):
                with self.assertRaisesRegex(RunError, words):
                    call()

    def test_colour(self):
        shape = self.file["image"].shape + (3,)
        colours = np.random.default_rng(3).integers(0, 256, shape, np.uint8)

        def change(file):
            del file["image"], file["encoding"]
            file["image"] = colours
        with open_run(self.changed("colour", change)) as run:
            target = run.target(0)
            np.testing.assert_array_equal(target.pictures(), colours[0][self.accepted(0)])
            with self.assertRaisesRegex(RunError, "without encodings|output.encodings = false"):
                target.encodings()

    def test_the_examples_run(self):
        text = invset_run.__doc__
        code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
        self.assertEqual(len(re.findall(r"(?m)^# \d\.", code)), 3)
        shown = []
        plots = types.ModuleType("matplotlib.pyplot")  # what it shows is looked at, not drawn
        plots.imshow = shown.append
        parent = types.ModuleType("matplotlib")
        parent.pyplot = plots
        sys.modules.update({"matplotlib": parent, "matplotlib.pyplot": plots})
        names = {"print": lambda *words: shown.append(words)}
        exec(code.replace("out/fashion-all.h5", self.run_path), names)
        self.assertEqual([words[0] for words in shown[:-1]],
                         self.file["target_label"].asstr()[:].tolist())
        slots = self.accepted(0)
        best = slots[self.file["activation"][0][slots, 0].argmax()]
        np.testing.assert_array_equal(shown[-1][..., 1], self.file["image"][0, best])
        self.assertEqual(names["codes"].shape, (len(slots), self.file["code"].shape[2]))

    def test_other_methods(self):
        def change(file):
            file.attrs["method"] = "ppgn"
            file.attrs.modify("format_version", np.int64(3))
            file["sample_status"][0, :3] = 3, 2, 3
            rows = np.zeros(file["provenance/blocks"].shape, file["provenance/blocks"].dtype)
            # Rank 0: 10 to 14, 12 to 13 and 20 to 21; rank 1: 10 to 12; one row was never written.
            for place, (rank, end, seconds) in zip(np.ndindex(rows.shape), (
                    (0, 21, 1), (0, 14, 4), (0, 13, 1), (1, 12, 2))):
                rows[place]["rank"], rows[place]["attempt"] = rank, 1
                rows[place]["t_end"], rows[place]["seconds"] = end, seconds
            file["provenance/blocks"][...] = rows
        with open_run(self.changed("ppgn", change)) as run:
            target = run.target(0)
            self.assertEqual(run.method, "ppgn")
            self.assertEqual(target.samples().tolist(), [0, *range(2, N)])
            self.assertEqual(target.accepted().tolist(), [*range(3, N)])
            self.assertAlmostEqual(run.rank_seconds(), 4 + 1 + 2)
        with open_run(self.run_path) as run:
            self.assertEqual(run.method, "invset")
            np.testing.assert_array_equal(run.target(0).samples(), run.target(0).accepted())

    def test_reach(self):
        with open_run(self.changed("reach", with_reach)) as run:
            first, _, out_of_reach, torn, plain = run.targets()
            self.assertEqual((first.units, plain.units), ([36], [1]))
            self.assertEqual(first.reach.tolist(), [[12, 41.5, 33, 40]])
            self.assertEqual(first.highest_activation(), 41.5)
            np.testing.assert_array_equal(first.reach_codes()[0], np.arange(64))
            self.assertEqual([t.reach_steps for t in run.targets()], [100, 0, 50, 0, 0])
            self.assertEqual([t.number for t in run.targets() if t.reach_known], [0, 2])
            self.assertFalse(out_of_reach.has_windows())
            self.assertTrue(out_of_reach.out_of_reach())
            self.assertTrue(np.isnan(torn.reach).all())
            self.assertEqual(out_of_reach.outcome(), "not reached")
            self.assertTrue(np.isnan(out_of_reach.best_activation()))
            self.assertAlmostEqual(plain.highest_activation(),
                                   self.file["activation"][4][:, 0].max(), places=5)

    def test_without_reach(self):
        def change(file):
            if "reach" in file:
                del file["reach"]
            empty_target(file, 2)
        with open_run(self.changed("version-1", change)) as run:
            self.assertFalse(run.with_reach)
            self.assertEqual(run.target(1).units, [1, 1])
            self.assertTrue(np.isnan(run.target(2).highest_activation()))


if __name__ == "__main__":
    unittest.main()
