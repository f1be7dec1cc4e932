"""Real pictures to compare samples with: reading a data set, and running a run's nets on it.

A data set is an IDX file as MNIST's (.gz or not), a NumPy array (.npy; N H W or N H W 3, 8 bit), or
a folder of picture files.  Nets are run by `invset forward`, with the files that the run names.
"""

import gzip
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np

from geometry import distances, spread_over
from invset_run import RunError

PICTURE_FILES = ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff"
BATCH_FLOATS = 1 << 24  # of pictures that a net is given at once; a matter of memory only
MOST_AT_ONCE = 4096  # of small pictures: enough to keep every core busy with 10,000


def read_idx(path):
    """Array of an IDX file of bytes, of any number of axes."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        raw = file.read()
    if raw[:3] != b"\0\0\x08":
        raise RunError("'%s' is no IDX file of bytes: it begins with %s" % (path, raw[:3].hex()))
    n_axes = raw[3]
    dims = np.frombuffer(raw, ">i4", n_axes, 4)
    if 4 + 4 * n_axes + dims.prod() != len(raw):
        raise RunError("'%s' has %d bytes, its head says %d" %
                       (path, len(raw), 4 + 4 * n_axes + dims.prod()))
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * n_axes).reshape(dims)


def read_folder(path, shape, most):
    """Pictures of a folder, each scaled and cropped about its centre to the run's picture."""
    from PIL import Image, ImageOps
    names = sorted(n for n in os.listdir(path) if n.lower().endswith(PICTURE_FILES))
    names = spread_over(names, most)
    pictures = []
    for name in names:
        try:
            with Image.open(os.path.join(path, name)) as file:
                picture = file.convert("RGB" if len(shape) == 3 else "L")
        except OSError as error:
            raise RunError("'%s' cannot be read as a picture: %s"
                           % (os.path.join(path, name), error)) from None
        pictures.append(np.asarray(ImageOps.fit(picture, (shape[1], shape[0]))))
    return np.array(pictures)


def read_pictures(path, shape, most):
    """(N, H, W) or (N, H, W, 3), at most so many pictures, evenly chosen from all of a data set
    (they often lie there by class); shape is the run's."""
    if not os.path.exists(path):
        raise RunError("there is no data set '%s'" % path)
    if os.path.isdir(path):
        pictures = read_folder(path, shape, most)
    elif path.endswith(".npy"):
        try:
            pictures = np.load(path, mmap_mode="r")
        except ValueError as error:
            raise RunError("'%s' cannot be read as an array: %s" % (path, error)) from None
    else:
        pictures = read_idx(path)
    if not len(pictures):
        raise RunError("the data set '%s' has no pictures" % path)
    if pictures.dtype != np.uint8 or pictures.shape[1:] != tuple(shape):
        raise RunError("the data set '%s' has pictures of shape %s and type %s, the run's are %s, "
                       "uint8" % (path, pictures.shape[1:], pictures.dtype, tuple(shape)))
    return spread_over(pictures, most)


class Nets:
    """The nets of a run, to be given pictures."""

    def __init__(self, run, program):
        self._models = {role: path for role, path, _ in run.models()}
        self._settings = run.settings
        self._program = program
        mean = run.settings["models.classifier.mean"]
        try:
            self._mean = np.array([float(x) for x in mean.strip("[]").split(",")], np.float32)
        except ValueError:
            raise RunError(
                "'%s' was made with the mean %s; real pictures can only be compared where "
                "models.classifier.mean is given as numbers" % (run.path, mean)) from None

    def values(self, pictures):
        """(N, C, H, W) as the nets want them: scale * (grey level - mean)."""
        arrays = np.asarray(pictures, np.float32)
        arrays = arrays[:, None] if arrays.ndim == 3 else arrays.transpose(0, 3, 1, 2)
        if arrays.shape[1] == 3 and self._settings["models.classifier.channels"] == '"bgr"':
            arrays = arrays[:, ::-1]
        scale = np.float32(self._settings["models.classifier.scale"])
        return scale * (arrays - self._mean.reshape(-1, 1, 1))

    def encodings(self, pictures):
        """(N, E)"""
        shared = self._settings["models.encoder.shared"].strip('"') == "classifier"
        return self.blob("classifier" if shared else "encoder",
                         self._settings["models.encoder.blob"].strip('"'), pictures)

    def blob(self, net, name, pictures):
        """(N, units) of a blob of the classifier or the encoder."""
        return self.reduced(net, [name], pictures, lambda blobs: [blobs[name]])[0]

    def reduced(self, net, names, pictures, reduce):
        """[(N, ...)]: what `reduce` makes, a list of (n, ...), of {name: (n, units)} of some
        pictures at a time; all blobs of many pictures may be more than the memory takes."""
        n_cores, size = len(os.sched_getaffinity(0)), int(np.prod(np.shape(pictures)[1:]))
        step = max(1, min(-(-len(pictures) // n_cores), MOST_AT_ONCE, BATCH_FLOATS // size))

        def part(first):
            some = pictures[first:first + step]
            blobs = self._forward(net, names, self.values(some))
            return reduce({name: blob.reshape(len(some), -1) for name, blob in blobs.items()})

        with ThreadPoolExecutor(n_cores) as pool:
            parts = list(pool.map(part, range(0, len(pictures), step)))
        return [np.concatenate(arrays) for arrays in zip(*parts)]

    def _forward(self, net, names, values):
        kinds = " net", " weights"  # a .caffemodel may be both, and some nets have no weights
        files = [self._models[net + kind] for kind in kinds if net + kind in self._models]
        with tempfile.TemporaryDirectory() as folder:
            given, made = os.path.join(folder, "in.h5"), os.path.join(folder, "out.h5")
            with h5py.File(given, "w") as file:
                file["input/data"] = values
            command = [self._program, "forward", *files, given, made, "-q"]
            for name in names:
                command += ["--blob", name]
            try:
                done = subprocess.run(command, capture_output=True, text=True)
            except OSError as error:
                raise RunError("cannot start '%s': %s; --invset names the program"
                               % (self._program, error.strerror)) from None
            if done.returncode:
                raise RunError("`%s` failed (the run's paths are relative to the folder that it "
                               "was started in): %s"
                               % (" ".join(command[:4]), done.stderr.strip()))
            with h5py.File(made, "r") as file:
                return {name: file["forward/" + name][:] for name in names}


class RealPictures:
    """Pictures of a data set with their encodings by a run's encoder."""

    NEAREST = 3

    def __init__(self, run, path, program, most):
        self.name = path
        self.pictures = read_pictures(path, run.picture_shape, most)
        self._encodings = Nets(run, program).encodings(self.pictures)

    def nearest(self, points):
        """For each of the points its nearest real pictures: (n, k) places in the third, (n, k)
        distances, and the pictures themselves, each once."""
        pairs = distances(points, self._encodings)
        k = min(self.NEAREST, len(self.pictures))
        found = np.argpartition(pairs, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(pairs, found, axis=1), axis=1)
        found = np.take_along_axis(found, order, axis=1)
        used, places = np.unique(found, return_inverse=True)
        return (places.reshape(found.shape), np.take_along_axis(pairs, found, axis=1),
                self.pictures[used])
