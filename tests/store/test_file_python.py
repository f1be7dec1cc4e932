"""A run file explains itself to h5py and HDF5's tools, without our code: shapes, types, units, scales,
names, and the CRC of a block as layout.c describes it."""
import subprocess
import unittest
import zlib

from store_python import *

EXPECTED = {  # name: (shape, type)
    "code": ((T, S, D), "<f4"), "encoding": ((T, S, E), "<f4"), "activation": ((T, S), "<f4"),
    "image": ((T, S, H, W, 3), "|u1"), "sample_status": ((T, S), "|u1"),
    "sample_steps": ((T, S), "<f4"), "chain": ((T, S), "<i4"), "chain_block": ((T, S), "<i4"),
    "restarts": ((T, S), "<i4"), "target": ((T,), "<i4"), "sample": ((S,), "<i4"),
    "feature": ((D,), "<i4"), "encoding_feature": ((E,), "<i4"), "y": ((H,), "<i4"),
    "x": ((W,), "<i4"), "channel": ((3,), "<i4"), "target_label": ((T,), "|S64"),
    "target_blob": ((T,), "|S64"), "target_neuron": ((T,), "<i4"), "target_units": ((T,), "<i4"),
    "target_quantity": ((T,), "|u1"), "window": ((T, 2), "<f4"),
    "config_text": ((), "|S33"), "settings": ((), "|S66"), "models/role": ((2,), "|S64"),
    "models/path": ((2,), "|S19"), "models/sha256": ((2,), "|S64"),
    "summary/n_accepted": ((T,), "<i4"), "summary/status": ((T,), "|u1"),
    "summary/activation_mean": ((T,), "<f8"), "summary/activation_std": ((T,), "<f8"),
    "summary/best_activation": ((T,), "<f8"), "summary/steps": ((T,), "<f8"),
    "summary/pool_steps": ((), "<f8"), "summary/complete": ((), "|u1"),
    "reach/activation": ((T, R), "<f4"), "reach/code": ((T, D), "<f4"), "reach/steps": ((T,), "<f4"),
    "reach/record": ((T,), None),
    "blocks/record": ((T, B), None), "provenance/blocks": ((T, B), None)}


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = new_folder("store-python")
        cls.path, cls.new = folder + "/written.h5", folder + "/new.h5"
        write(cls.path, 2)
        subprocess.run([arguments()[0], "create", cls.new], check=True)
        cls.two = folder + "/two-neurons.h5"
        write(cls.two, 2, "probed")

    def setUp(self):
        self.file = h5py.File(self.path, "r")
        self.addCleanup(self.file.close)

    def test_datasets(self):
        self.assertEqual(set(extents(self.path)), set(EXPECTED))
        for name, (shape, dtype) in EXPECTED.items():
            item = self.file[name]
            self.assertEqual(item.shape, shape, name)
            if dtype:
                self.assertEqual(item.dtype, np.dtype(dtype), name)
            self.assertIsNone(item.chunks, name)
            self.assertEqual(item.id.get_offset() % 4096, 0, name)
            for attribute in "long_name", "description", "units":
                self.assertIsInstance(item.attrs[attribute], str, name)
                self.assertTrue(item.attrs[attribute], name)
        for name in "sample_steps", "reach/steps":
            self.assertEqual(self.file[name].attrs["units"], "sample-steps")
        self.assertIn("spatial maximum", self.file["target_units"].attrs["description"])

    def test_contents(self):
        for part in PARTS:
            np.testing.assert_array_equal(self.file[part][()], made(part), part)
        label = self.file["target_label"].asstr()[:].tolist().index("café au lait")
        np.testing.assert_array_equal(self.file["code"][label], made("code")[1])
        self.assertEqual(self.file["target_neuron"][:].tolist(), [0, 100, 200])
        self.assertEqual(self.file["target_units"][:].tolist(), [1, 9, 1])
        self.assertEqual(self.file["window"][1].tolist(), [11, 21])
        self.assertEqual(self.file["config_text"].asstr()[()], "sampling: { seed = 1; };\n# café\n")
        self.assertEqual(self.file["models/role"].asstr()[:].tolist(),
                         ["classifier net", "classifier weights"])
        self.assertEqual(self.file["summary/complete"][()], 1)
        self.assertEqual(self.file["summary/n_accepted"][:].tolist(), [10, 11, 12])

    def test_root(self):
        attributes = self.file.attrs
        self.assertEqual(attributes["Conventions"], "InvSet-1.0")
        self.assertEqual((attributes["format_version"], attributes["block_size"]), (3, K))
        self.assertEqual(attributes["program"], "invset")
        self.assertEqual(attributes["method"], "invset")
        self.assertEqual(attributes["git_revision"], "0123456789ab")

    def test_enums(self):
        def names(name, field=None):
            dtype = self.file[name].dtype
            return h5py.check_enum_dtype(dtype[field] if field else dtype)
        self.assertEqual(names("sample_status"), {"EMPTY": 0, "ACCEPTED": 1, "NOT_REACHED": 2,
                                                  "OUTSIDE": 3})
        self.assertEqual(names("summary/status"),
                         {"UNFINISHED": 0, "FULL": 1, "PARTLY": 2, "NOT_REACHED": 3})
        self.assertEqual(names("summary/complete"), {"NO": 0, "YES": 1})
        for name in "blocks/record", "reach/record":
            self.assertEqual(names(name, "state"), {"EMPTY": 0, "DONE": 1, "FAILED": 2})

    def test_scales(self):
        def scales(name):
            return [axis[0].name if len(axis) else axis.label for axis in self.file[name].dims]
        self.assertEqual(scales("code"), ["/target", "/sample", "/feature"])
        self.assertEqual(scales("image"), ["/target", "/sample", "/y", "/x", "/channel"])
        self.assertEqual(scales("encoding")[2], "/encoding_feature")
        self.assertEqual(scales("blocks/record"), ["/target", "block"])
        self.assertEqual(scales("window"), ["/target", "low, high"])
        self.assertEqual(scales("reach/activation"), ["/target", "start"])
        self.assertEqual(scales("reach/code"), ["/target", "/feature"])
        self.assertEqual(scales("reach/record"), ["/target"])
        self.assertEqual(self.file["feature"][:].tolist(), list(range(D)))

    def test_fill(self):
        with h5py.File(self.new, "r") as new:
            self.assertTrue(np.isnan(new["activation"][:]).all())
            self.assertTrue(np.isnan(new["sample_steps"][:]).all())
            self.assertTrue(np.isnan(new["activation"].attrs["_FillValue"]))
            self.assertTrue(np.isnan(new["summary/pool_steps"][()]))
            for name in "chain", "chain_block", "restarts", "summary/n_accepted":
                self.assertTrue((new[name][:] == -1).all(), name)
            for name in "sample_status", "summary/status", "summary/complete":
                self.assertTrue((new[name][()] == 0).all(), name)
            for name in "reach/activation", "reach/steps":
                self.assertTrue(np.isnan(new[name][:]).all(), name)
                self.assertTrue(np.isnan(new[name].attrs["_FillValue"]), name)
            self.assertNotIn("_FillValue", new["reach/code"].attrs)
            for name in "blocks/record", "reach/record":
                self.assertTrue((new[name]["state"] == 0).all(), name)
            windows = new["window"][:]
            self.assertTrue(np.isnan(windows[:2]).all())  # relative to a reach
            self.assertEqual(windows[2].tolist(), [12, 22])
            self.assertTrue((new["provenance/blocks"]["attempt"] == 0).all())

    def test_crc(self):
        record = self.file["blocks/record"]
        self.assertEqual(record.dtype.itemsize, 16)
        for t in range(T):
            for b in range(B):
                row, slots = record[t, b], slice(b * K, min(S, (b + 1) * K))
                data = b"".join(self.file[part][t, slots].tobytes() for part in PARTS)
                head = np.array([row["state"], row["nsample"], row["crc32"]], "<u4").tobytes()
                self.assertEqual(row["crc32"], zlib.crc32(data))
                self.assertEqual(row["record_crc32"], zlib.crc32(head))
                self.assertEqual(row["nsample"], slots.stop - slots.start)

    def check_reach(self, file, target, neurons):
        """Bytes, counts and CRCs of a target's reach; with axis M, [target][0 .. neurons - 1]."""
        row, data = file["reach/record"][target], b""
        for part in REACH_PARTS:
            found = file[part][target]
            if found.ndim == 2:
                found = found[:neurons]
                wanted = np.stack([made_reach(part, target, k) for k in range(neurons)])
            else:
                wanted = made_reach(part, target)
            np.testing.assert_array_equal(found, wanted, part)
            data += found.tobytes()
        head = np.array([row["state"], row["nsample"], row["crc32"]], "<u4").tobytes()
        self.assertEqual((row["state"], row["nsample"]), (1, neurons * R))
        self.assertEqual((row["crc32"], row["record_crc32"]), (zlib.crc32(data), zlib.crc32(head)))

    def test_reach(self):
        self.assertEqual(self.file["reach/record"].dtype, self.file["blocks/record"].dtype)
        for t in range(T):
            self.check_reach(self.file, t, 1)
        self.assertEqual(self.file["window"][:].tolist(), [[10, 20], [11, 21], [12, 22]])

    def test_two_neurons(self):
        with h5py.File(self.two, "r") as two:
            shapes = {name: two[name].shape for name in
                      REACH_PARTS + ["reach/record", "target_blob", "target_units", "target_quantity",
                                     "window"]}
            self.assertEqual(shapes, {
                "reach/activation": (2, 2, R), "reach/code": (2, 2, D), "reach/steps": (2,),
                "reach/record": (2,), "target_blob": (2, 2), "target_units": (2, 2),
                "target_quantity": (2, 2), "window": (2, 2, 2)})
            self.assertEqual([axis.label for axis in two["reach/activation"].dims],
                             ["target", "neuron", "start"])
            self.assertEqual(two["reach/code"].dims[1][0].name, "/neuron")
            self.assertEqual(two["target_units"][:].tolist(), [[1, 9], [9, -1]])
            self.assertEqual(two["target_blob"].asstr()[:].tolist(), [["fc8", "fc7"], ["fc8", ""]])
            self.assertEqual(two["target_quantity"][:].tolist(), [[0, 1], [0, 0]])
            self.assertEqual(two["window"][0].tolist(), [[10, 20], [10, np.inf]])
            self.assertEqual(two["window"][1, 0].tolist(), [11, 21])
            self.assertTrue(np.isnan(two["window"][1, 1]).all())
            self.assertTrue(np.isnan(two["reach/activation"][1, 1]).all())  # no such neuron
            self.check_reach(two, 0, 2)
            self.check_reach(two, 1, 1)

    def test_provenance(self):
        rows = self.file["provenance/blocks"][:]
        self.assertEqual(set(rows["rank"].ravel()), {0, 1})
        self.assertTrue((rows["attempt"] == 1).all())
        self.assertTrue((rows["t_end"] > 1.7e9).all() and (rows["seconds"] == 0.25).all())

    def test_tools(self):
        for tool in (["h5dump", self.path], ["h5ls", "-rv", self.path]):
            done = subprocess.run(tool, capture_output=True)
            self.assertEqual((done.returncode, done.stderr), (0, b""), tool)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
