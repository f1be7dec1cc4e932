"""Sweeps end to end: many neurons in one run, windows relative to what each can reach, units that nothing
excites, spatial maxima, tables, fixed sets that are refreshed, and slices."""
import unittest

from run_python import *

SWEEP = ['{ sweep = "all"; blob = "fc8"; reach = [0.5, 0.8]; }',
         '{ sweep = "0-2, 20"; blob = "fc7"; reach = [0.4, 0.8]; }',
         '{ neurons = ["sneaker", "ankle boot"]; reach = [0.2, 0.5]; }']
# One unit whose input is always below 0: a bias that nothing outweighs.
DEAD = '{ sweep = [3, 5]; blob = "fc7"; reach = [0.4, 0.8]; }'
PROBE = "probe_steps = 8;"
CHANNELS = ['{ sweep = "1-3"; blob = "conv2"; position = "max"; reach = [0.5, 0.8]; }',
            '{ index = 2; blob = "conv2"; position = [1, 3]; reach = [0.5, 0.8]; }']


class Test(unittest.TestCase):
    def assert_same(self, a, b, *excluded):
        found, words = differ(a, b, *excluded)
        self.assertFalse(found, words)

    def test_ranks(self):
        """Windows follow from the reaches in the file, whoever found them; ours are all reached."""
        runs = {ranks: sampled(f"sweep-np{ranks}", SWEEP, ranks, batch=64, samples=10, sampling=PROBE)
                for ranks in (0, 2, 3)}
        self.assert_same(runs[0], runs[2])
        self.assert_same(runs[0], runs[3])
        with h5py.File(runs[0], "r") as file:
            reach = np.fmax.reduce(file["reach/activation"][()], axis=2)
            self.assertEqual(file["reach/activation"].shape, (15, 2, 4))
            shares = [(0.5, 0.8)] * 10 + [(0.4, 0.8)] * 4 + [(0.2, 0.5)]
            for t, share in enumerate(shares):
                wanted = (np.float64(reach[t])[:, None] * share).astype(np.float32)
                np.testing.assert_array_equal(file["window"][t], wanted)
            self.assertEqual(file["summary/n_accepted"][()].tolist(), [10] * 15)
            self.assertTrue((file["reach/steps"][()] > 1).all())
            labels = file["target_label"].asstr()[()].tolist()
        self.assertEqual(labels[7:11] + labels[-2:],
                         ["sneaker", "bag", "ankle boot", "fc7[0]", "fc7[20]", "sneaker + ankle boot"])
        done = invset(os.path.dirname(runs[2]), "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_reach_is_reached(self):
        """The code of a reach gives that activation, and no sample is above it by much."""
        folder = os.path.dirname(sampled("sweep-reach", SWEEP[:1], 2, samples=5, sampling=PROBE))
        with h5py.File(folder + "/run.h5", "r") as file:
            reach, codes = file["reach/activation"][()].max(1), file["reach/code"][()]
            classes = [int(unit) for unit in file["target_neuron"]]
        with h5py.File(folder + "/in.h5", "w") as file:
            file["input/feat"] = codes
        pictures = self.forward(folder, "generator", "conv3_1")
        h, w = (pictures.shape[2] - 28) // 2, (pictures.shape[3] - 28) // 2
        pictures = np.clip(np.rint(pictures[:, :, h:h + 28, w:w + 28] + 73.0), 0, 255) - 73.0
        with h5py.File(folder + "/in.h5", "w") as file:
            file["input/data"] = pictures.astype(np.float32)
        found = self.forward(folder, "classifier", "fc8").reshape(10, -1)[range(10), classes]
        np.testing.assert_allclose(found, reach, rtol=1e-4)

    def forward(self, folder, net, blob):
        done = invset(folder, "forward", f"models/fashion/{net}.prototxt",
                      f"models/fashion/{net}.caffemodel.h5", "in.h5", blob + ".h5", "--blob",
                      blob)
        self.assertEqual(done.returncode, 0, done.stdout)
        with h5py.File(f"{folder}/{blob}.h5", "r") as file:
            return file["forward/" + blob][()]

    def dead_models(self, folder):
        """The bundled classifier, with a unit of fc7 that stays at 0 and one that does not."""
        os.unlink(folder + "/models")
        shutil.copytree(SOURCE + "/models", folder + "/models")
        with h5py.File(folder + "/models/fashion/classifier.caffemodel.h5", "r+") as file:
            file["data/fc7/1"][3] = -1e6

    def test_out_of_reach(self):
        """A unit that stays at 0 for every start is a result, not an error; the others go on."""
        for ranks in 0, 2:
            folder = new_folder(f"sweep-dead-np{ranks}")
            self.dead_models(folder)
            write_config(folder, [DEAD], samples=10, sampling=PROBE)
            words = sample(folder, ranks=ranks)
            self.assertIn("fc7[3] (fc7[3]): out of reach: no activation above 0 for 256 random codes "
                          "and 4 ascents (largest 0)", words)
            with h5py.File(folder + "/run.h5", "r") as file:
                self.assertEqual(file["summary/n_accepted"][()].tolist(), [0, 10])
                self.assertEqual(file["summary/status"][()].tolist(), [3, 1])
                self.assertTrue(np.isnan(file["window"][0]).all())
                self.assertEqual(file["summary/complete"][()], 1)
                self.assertEqual(file["sample_status"][0].max(), 0)
            again = invset(folder, "sample", "run.cfg", ranks=ranks)
            self.assertEqual((again.returncode, "complete already" in again.stdout), (0, True))
            self.assertEqual(invset(folder, "check", "run.h5").returncode, 0)
        write_config(folder, [DEAD.replace("[3, 5]", "3")])
        done = invset(folder, "sample", "run.cfg", "--restart")
        self.assertEqual(done.returncode, 1, done.stdout)  # nothing at all was accepted

    def test_channels(self):
        """Channels of a convolution: at a position, and where they are largest."""
        one, other = (sampled(f"sweep-channels-np{ranks}", CHANNELS, ranks, samples=10, sampling=PROBE) for ranks in (0, 2))
        self.assert_same(one, other)
        with h5py.File(one, "r") as file:
            self.assertEqual(file["target_label"].asstr()[()].tolist(),
                             ["conv2[1,max]", "conv2[2,max]", "conv2[3,max]", "conv2[2,1,3]"])
            units = file["target_units"][()]
            self.assertEqual(units[3], 1)
            self.assertTrue((units[:3] > 1).all())
            self.assertEqual(file["target_neuron"][0], units[0])
            self.assertEqual(file["summary/n_accepted"][()].tolist(), [10] * 4)
        done = invset(os.path.dirname(one), "check", "run.h5")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_table(self):
        folder = new_folder("sweep-table")
        with open(folder + "/windows.csv", "w") as file:
            file.write('neuron,z1,z2\n"bag",25,52\n7,20,30\n')
        write_config(folder, ['{ table = "windows.csv"; blob = "fc8"; }'])
        sample(folder, ranks=2)
        explicit = sampled("sweep-explicit", [BAG, SNEAKER])
        for name in "code", "image", "activation", "window", "target_label":
            with h5py.File(folder + "/run.h5", "r") as a, h5py.File(explicit, "r") as b:
                np.testing.assert_array_equal(a[name][()], b[name][()])

    def test_refresh(self):
        """All samples of a round join the fixed set: other samples than without, the same on any ranks,
        also without stored encodings."""
        options = dict(targets=[SNEAKER, TWO_NEURONS], samples=40)
        refresh = "chains = 2; refresh = 2; chain_length = 3;"
        runs = [sampled(f"refresh-np{ranks}", ranks=ranks, sampling=refresh, **options)
                for ranks in (0, 2, 3)]
        self.assert_same(runs[0], runs[1])
        self.assert_same(runs[0], runs[2])
        other = sampled("refresh-none", sampling=refresh.replace("refresh = 2;", ""), **options)
        without = sampled("refresh-no-encodings", sampling=refresh, encodings=False, ranks=2, **options)
        with h5py.File(runs[0], "r") as a, h5py.File(other, "r") as b, h5py.File(without, "r") as c:
            np.testing.assert_array_equal(a["code"][()], c["code"][()])
            # Seeds, and both chains' first rounds, are alike; after that they part.
            np.testing.assert_array_equal(a["code"][:, :25], b["code"][:, :25])
            self.assertTrue((a["code"][:, 25:] != b["code"][:, 25:]).any())

    def test_slices(self):
        """Slices of a run hold just what the run in one piece holds."""
        whole = sampled("slices-whole", SWEEP[1:], 2, samples=10, sampling=PROBE)
        for n in 2, 5:
            folder = new_folder(f"slices-{n}")
            write_config(folder, SWEEP[1:], samples=10, sampling=PROBE)
            for i in range(1, n + 1):
                sample(folder, "--slice", f"{i}/{n}", ranks=i % 3)
            self.check_slices(whole, [f"{folder}/run.slice-{i}-of-{n}.h5" for i in range(1, n + 1)])

    def check_slices(self, whole, paths):
        with h5py.File(whole, "r") as file:
            at = 0
            for path in paths:
                with h5py.File(path, "r") as part:
                    n = len(part["target"])
                    for name in ("code", "image", "activation", "window", "sample_steps", "target_label",
                                 "reach/activation", "blocks/record", "summary/best_activation"):
                        np.testing.assert_array_equal(file[name][at:at + n], part[name][()], name)
                    at += n
            self.assertEqual(at, len(file["target"]))


if __name__ == "__main__":
    unittest.main()
