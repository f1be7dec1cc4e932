"""What the Python tests of this room share: running store_writer, and the made-up run of made_run.c
as numpy arrays.  h5py reads the files here; our own code does not."""
import os
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

T, S, K, D, E, H, W, R = 3, 23, 5, 16, 7, 9, 11, 3
B = -(-S // K)
PARTS = ["code", "encoding", "activation", "image", "sample_status", "sample_steps", "chain",
         "chain_block", "restarts"]  # in the order of the block's CRC, see src/store/layout.c
REACH_PARTS = ["reach/activation", "reach/code", "reach/steps"]  # likewise


def arguments():
    """Path of store_writer, path of mpirun."""
    return sys.argv[1], sys.argv[2]


def new_folder(name):
    shutil.rmtree(name, ignore_errors=True)
    os.mkdir(name)
    return name


def mpirun(ranks):
    return [arguments()[1], "-n", str(ranks), "--oversubscribe"]


def write(path, ranks, verb="write"):
    subprocess.run(mpirun(ranks) + [arguments()[0], verb, path], check=True)


def extents(path):
    """{name: (first byte, bytes)} of all datasets."""
    found = {}
    with h5py.File(path, "r") as file:
        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                found[name] = (item.id.get_offset(), item.id.get_storage_size())
        file.visititems(visit)
    return found


def made_reach(part, target, neuron=0):
    """Row of the made-up run's reach; every second ascent of three never was finite."""
    n, salt = {"reach/activation": (R, 5), "reach/code": (D, 6), "reach/steps": (1, 7)}[part]
    value = ((1000 * target + 31 * neuron + 7 * np.arange(n) + salt) % 1021 / 8 - 50).astype("<f4")
    if part == "reach/activation":
        value[1] = np.nan
    return value[0] if part == "reach/steps" else value


def made(part):
    """The whole dataset of the made-up run."""
    t, s = np.meshgrid(np.arange(T), np.arange(S), indexing="ij")

    def number(n, salt):
        i = np.arange(n)
        value = (1000 * t[..., None] + 31 * s[..., None] + 7 * i + salt) % 1021
        return (value / 8 - 50).astype(np.float32)
    return {
        "code": lambda: number(D, 1),
        "encoding": lambda: number(E, 2),
        "activation": lambda: number(1, 3)[..., 0],
        "image": lambda: (5 * t[..., None] + 3 * s[..., None] + np.arange(H * W * 3)).astype(
            np.uint8).reshape(T, S, H, W, 3),
        "sample_status": lambda: np.where(s == 21, 3, np.where(s % 11 == 10, 2, 1)).astype(np.uint8),
        "sample_steps": lambda: number(1, 4)[..., 0],
        "chain": lambda: np.where(s < K, -1, s % 3).astype(np.int32),
        "chain_block": lambda: (s // K).astype(np.int32),
        "restarts": lambda: (s % 5).astype(np.int32),
    }[part]()
