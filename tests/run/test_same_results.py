"""The samples depend on the config and the models alone: not on the number of ranks, nor on the batch
limit, nor on whether encodings are stored."""
import unittest

from run_python import *

TARGETS = [SNEAKER, BAG, TROUSER, FC7_UNIT, TWO_NEURONS]


class Test(unittest.TestCase):
    def assert_same(self, a, b, *excluded):
        found, words = differ(a, b, *excluded)
        self.assertFalse(found, words)

    def test_ranks_and_batches(self):
        runs = {(ranks, batch): sampled(f"same-np{ranks}-batch{batch}", TARGETS, ranks, batch=batch)
                for ranks in (1, 2, 3) for batch in (10, 64)}
        runs[0, 64] = sampled("same-alone", TARGETS, batch=64)
        with h5py.File(runs[1, 10], "r") as file:
            self.assertEqual(file["summary/n_accepted"][()].tolist(), [20] * len(TARGETS))
            self.assertEqual(file["target_neuron"][()].tolist(),
                             [[7, -1], [8, -1], [1, -1], [67, -1], [7, 9]])
        for ranks, batch in runs:
            self.assert_same(runs[1, batch], runs[ranks, batch])
        self.assert_same(runs[1, 10], runs[1, 64], "/config_text")
        self.check_work_was_shared(runs[3, 10])

    def check_work_was_shared(self, path):
        with h5py.File(path, "r") as file:
            self.assertEqual(set(file["provenance/blocks"]["rank"].ravel()), {0, 1, 2})

    def test_idle_ranks(self):
        """Of three chains on two ranks one rank has two; the other gets the rest of one when it is done."""
        options = dict(targets=[SNEAKER], samples=160, batch=20)
        alone = sampled("same-idle-alone", **options)
        folder = new_folder("same-idle")
        for refresh in "", "refresh = 8;":
            write_config(folder, sampling=refresh, **options)
            words = sample(folder, "-v", "--restart", ranks=2)
            self.assertRegex(words, "sneaker: from block [0-9]+ on, chain [0-2] goes from rank [01] to an idle one")
            if not refresh:
                self.assert_same(alone, folder + "/run.h5")
        refreshed = sampled("same-idle-refresh", sampling=refresh, **options)
        self.assert_same(refreshed, folder + "/run.h5")

    def test_seed_matters(self):
        """Else the comparisons of this file would prove nothing."""
        one, other = (sampled(f"same-seed{seed}", [SNEAKER], sampling=f"seed = {seed};")
                      for seed in (1, 2))
        found, words = differ(one, other, "/config_text", "/settings")
        self.assertTrue(found)
        for name in "code", "encoding", "activation", "image":
            self.assertIn(f"</{name}>", words)

    def test_long_chains_and_shared_encoder(self):
        """Chains that go on from their own blocks, the classic rule, and an encoding that is the very
        blob of a target."""
        options = dict(sampling='chains = 2; chain_length = 3; rule = "classic"; max_starts = 3;',
                       encoder='shared = "classifier"; blob = "fc7";', samples=30)
        one, other = (sampled(f"same-chains-np{ranks}", [SNEAKER, FC7_UNIT], ranks, **options)
                      for ranks in (1, 3))
        self.assert_same(one, other)
        with h5py.File(one, "r") as file:
            self.assertEqual(file["encoding"].shape, (2, 30, 256))
            accepted = file["sample_status"][1] == 1
            self.assertGreater(accepted.sum(), 0)
            np.testing.assert_array_equal(file["encoding"][1, :, 67][accepted],
                                          file["activation"][1][accepted])

    def test_without_encodings(self):
        # Blocks that begin where the one before ended are pushed away from all encodings so far.
        options = dict(targets=[SNEAKER, FC7_UNIT], ranks=2, samples=40,
                       sampling="chain_length = 3;")
        stored = sampled("same-encodings", **options)
        without = sampled("same-no-encodings", encodings=False, **options)
        with h5py.File(stored, "r") as a, h5py.File(without, "r") as b:
            self.assertEqual(set(a) - set(b), {"encoding", "encoding_feature"})
            for name in set(b) - {"config_text", "settings", "blocks", "models", "provenance",
                                  "summary"}:
                np.testing.assert_array_equal(a[name][()], b[name][()], name)
            for name in b["summary"]:
                np.testing.assert_array_equal(a["summary"][name][()], b["summary"][name][()], name)
            # The record's CRC covers the encodings.
            np.testing.assert_array_equal(a["blocks/record"]["state"], b["blocks/record"]["state"])


if __name__ == "__main__":
    unittest.main()
