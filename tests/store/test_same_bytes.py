"""Files of 1, 2 and 3 ranks are the same bytes but for /provenance/blocks; h5diff agrees; and a run
changes nothing of a new file but the contents of its datasets."""
import subprocess
import unittest

from store_python import *


def bytes_without(path, holes):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    for begin, size in holes:
        data[begin:begin + size] = bytes(size)
    return bytes(data)


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = new_folder("store-same-bytes")
        cls.paths = [f"{folder}/np{n}.h5" for n in (1, 2, 3)]
        for ranks, path in enumerate(cls.paths, 1):
            write(path, ranks)
        cls.new = folder + "/new.h5"
        subprocess.run([arguments()[0], "create", cls.new], check=True)

    def test_bytes(self):
        provenance = [extents(self.paths[0])["provenance/blocks"]]
        first = bytes_without(self.paths[0], provenance)
        self.assertIn(made("code")[2, 7].tobytes(), first)
        self.assertIn(made_reach("reach/code", 1).tobytes(), first)
        for other in self.paths[1:]:
            self.assertEqual(first, bytes_without(other, provenance))

    def test_provenance_differs(self):
        ranks = [set(h5py.File(path, "r")["provenance/blocks"]["rank"].ravel())
                 for path in self.paths]
        self.assertEqual(ranks, [{0}, {0, 1}, {0, 1, 2}])

    def test_h5diff(self):
        for other in self.paths[1:]:
            def h5diff(*options):
                return subprocess.run(["h5diff", "-q", *options, self.paths[0], other]).returncode
            self.assertEqual(h5diff("--exclude-path", "/provenance"), 0)
            self.assertEqual(h5diff(), 1)

    def test_only_slots_change(self):
        written = extents(self.new)
        self.assertEqual(written, extents(self.paths[2]))
        holes = list(written.values())
        self.assertEqual(bytes_without(self.new, holes), bytes_without(self.paths[2], holes))
        fixed = [written[name] for name in PARTS + ["window"]] + [
            size for name, size in written.items() if "/" in name and "models" not in name]
        self.assertEqual(bytes_without(self.new, fixed), bytes_without(self.paths[2], fixed))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
