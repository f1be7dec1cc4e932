"""A run file is read without our own code: every dataset of every kind of run, with its unit and a
description; and what they say fits together."""
import unittest

from run_python import *

KINDS = {
    "two-neurons": dict(targets=[SNEAKER, TWO_NEURONS, FC7_UNIT]),
    "no-encodings": dict(targets=[SNEAKER], encodings=False),
    "shared": dict(targets=[SNEAKER, BAG], encoder='shared = "classifier"; blob = "fc6";'),
}
ENCODING = {"two-neurons": 64, "shared": 256}


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # 12 samples in blocks of 5: the last block has 2.
        cls.files = {kind: h5py.File(sampled("h5py-" + kind, ranks=2, samples=12, **options), "r")
                     for kind, options in KINDS.items()}

    @classmethod
    def tearDownClass(cls):
        for file in cls.files.values():
            file.close()

    def test_every_dataset(self):
        for kind, file in self.files.items():
            seen = []

            def visit(name, item):
                if not isinstance(item, h5py.Dataset):
                    return
                seen.append(name)
                with self.subTest(kind=kind, name=name):
                    item[()]
                    for attribute in "units", "long_name", "description":
                        self.assertIn(attribute, item.attrs)
                        self.assertTrue(item.attrs[attribute])
                    # Contiguous, so that any tool can map it.
                    self.assertIsNone(item.chunks)
            file.visititems(visit)
            self.assertGreater(len(seen), 30)
            self.assertEqual("encoding" in seen, kind != "no-encodings")

    def test_shapes(self):
        for kind, file in self.files.items():
            n_targets = len(KINDS[kind]["targets"])
            neurons = (2,) if kind == "two-neurons" else ()
            slots = (n_targets, 12)
            for name, shape in (("code", slots + (64,)), ("activation", slots + neurons),
                                ("image", slots + (28, 28)), ("sample_status", slots),
                                ("window", (n_targets,) + neurons + (2,)),
                                ("blocks/record", (n_targets, 3))):
                self.assertEqual(file[name].shape, shape, (kind, name))
            if kind in ENCODING:
                self.assertEqual(file["encoding"].shape, slots + (ENCODING[kind],))

    def test_contents(self):
        file = self.files["two-neurons"]
        self.assertEqual(file["target_label"].asstr()[()].tolist(),
                         ["sneaker", "sneaker + ankle boot", "fc7[67]"])
        self.assertEqual(file["target_blob"].asstr()[()].tolist(),
                         [["fc8", ""], ["fc8", "fc8"], ["fc7", ""]])
        self.assertTrue((file["sample_status"][()] == 1).all())
        f, window = file["activation"][()], file["window"][()][:, None]
        used = ~np.isnan(f)
        self.assertEqual(used.sum(axis=(1, 2)).tolist(), [12, 24, 12])
        self.assertTrue(((f >= window[..., 0]) & (f <= window[..., 1]) | ~used).all())
        self.assertEqual(file["blocks/record"]["nsample"].tolist(), 3 * [[5, 5, 2]])
        self.assertEqual(file["chain"][0].tolist(), 5 * [-1] + 5 * [0] + 2 * [1])
        self.assertTrue((np.abs(file["code"][()]) <= 2.5).all())
        self.assertGreater(file["image"][()].std(), 30)
        # No two samples of a target are alike.
        for target in range(3):
            self.assertEqual(len(np.unique(file["image"][target].reshape(12, -1), axis=0)), 12)

    def test_summary(self):
        for kind, file in self.files.items():
            summary, f = file["summary"], file["activation"][()]
            first = f[..., 0] if f.ndim == 3 else f
            self.assertEqual(summary["complete"][()], 1)
            self.assertEqual(summary["pool_steps"][()], 128)
            self.assertTrue((summary["n_accepted"][()] == 12).all())
            np.testing.assert_allclose(summary["activation_mean"], first.mean(1, np.float64), 1e-12)
            np.testing.assert_allclose(summary["activation_std"], first.std(1, np.float64), 1e-6)
            np.testing.assert_allclose(summary["steps"], file["sample_steps"][()].sum(1))

    def test_texts(self):
        for kind, file in self.files.items():
            with open(f"h5py-{kind}/run.cfg") as config:
                self.assertEqual(file["config_text"].asstr()[()], config.read())
            lines = file["settings"].asstr()[()].splitlines()
            self.assertIn("sampling.samples = 12", lines)
            self.assertEqual(lines, sorted(lines))
            roles = file["models/role"].asstr()[()].tolist()
            self.assertEqual(roles[:4], ["classifier net", "classifier weights", "generator net",
                                         "generator weights"])
            self.assertEqual(len(roles), 4 if kind == "shared" else 6)
            sums = subprocess.run(["sha256sum", *file["models/path"].asstr()[()]], text=True,
                                  cwd=f"h5py-{kind}", check=True, stdout=subprocess.PIPE)
            self.assertEqual([line.split()[0] for line in sums.stdout.splitlines()],
                             file["models/sha256"].asstr()[()].tolist())


if __name__ == "__main__":
    unittest.main()
