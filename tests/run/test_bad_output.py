"""Output places that are refused; what lies there is never changed."""
from refusals import *


class Test(RefusalTest):
    def put(self, content):
        """A file at the output path."""
        with open(self.folder + "/run.h5", "wb") as file:
            file.write(content)
        self.output_exists = True

    def assert_kept(self, content):
        self.assertEqual(read_bytes(self.folder + "/run.h5"), content)

    def test_other_config(self):
        sample(self.folder)
        content = read_bytes(self.folder + "/run.h5")
        self.output_exists = True
        self.refused("run.h5", "sampling.seed is 1 in the file and 2", "--restart",
                     args=["--set", "sampling.seed=2"])
        self.assert_kept(content)

    def test_below_a_file(self):
        self.refused("labels.txt", args=["--set", 'output.file="models/fashion/labels.txt/run.h5"'])

    def test_directory(self):
        os.mkdir(self.folder + "/out.d")
        self.refused("out.d", "folder", args=["--set", 'output.file="out.d"'])

    def test_empty_file(self):
        self.put(b"")
        self.refused("run.h5", "empty")
        self.assert_kept(b"")

    def test_other_file(self):
        self.put(b"my thesis\n" * 500)
        self.refused("run.h5", "HDF5")
        self.assert_kept(b"my thesis\n" * 500)

    def test_other_hdf5(self):
        content = read_bytes(self.nets + "encoder.caffemodel.h5")
        self.put(content)
        self.refused("run.h5", "no run file")
        self.assert_kept(content)

    def test_truncated(self):
        sample(self.folder)
        content = read_bytes(self.folder + "/run.h5")[:-100]
        self.put(content)
        self.refused("run.h5", "truncated")
        self.assert_kept(content)

    def test_not_writable(self):
        """Permissions do not bind root, but a file system that is read-only does."""
        self.refused("/proc/run.h5", args=["--set", 'output.file="/proc/run.h5"'])

    def test_no_space(self):
        disk = self.folder + "/disk"
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", disk],
                                 stderr=subprocess.DEVNULL).returncode == 0
        if not mounted:
            self.skipTest("may not mount a small disk")
        try:
            self.refused("disk/run.h5", "needs", "free",
                         args=["--set", 'output.file="disk/run.h5"'])
            self.assertEqual([name for name in os.listdir(disk) if not name.endswith(".lock")], [])
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_locked(self):
        """Two runs cannot write one file."""
        write_config(self.folder, [SNEAKER, BAG], samples=60)
        run = Running(self.folder, "sample", "run.cfg")
        run.wait_for_blocks(1)
        self.output_exists = True
        try:
            self.refused("run.h5", "another run", str(run.process.pid))
        finally:
            run.kill()


if __name__ == "__main__":
    unittest.main()
