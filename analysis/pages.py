"""What all programs that write pages and figures do alike: files, options, processes."""

import argparse
import concurrent.futures
import os
import sys

from invset_run import RunError

HERE = os.path.dirname(os.path.abspath(__file__))


def read_own(name):
    """A file that lies beside this one."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def write_bytes(path, content):
    """Write beside the path first, then rename, so that no half file is ever there."""
    beside = path + ".creating"
    try:
        with open(beside, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise RunError("cannot write '%s': %s" % (path, error.strerror)) from None


def write_text(path, text):
    write_bytes(path, text.encode("utf-8"))


def check_output(path, inputs):
    """Refuse to write over what is read."""
    if os.path.realpath(path) in map(os.path.realpath, inputs):
        raise RunError("-o %s is the run file itself" % path)


def positive(text):
    """A whole number above 0, as the type of an option."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("'%s' is no whole number above 0" % text)
    return int(text)


def exit_code(work):
    """Do the work of a program: 0, or 2 with the reason if a RunError comes."""
    try:
        work()
    except RunError as error:
        print("%s: %s" % (os.path.basename(sys.argv[0]), error), file=sys.stderr)
        return 2
    return 0


def on_all_cores(function, items):
    """[function(item)] in processes of their own: neither HDF5 nor t-SNE shares one."""
    n = min(len(items), len(os.sched_getaffinity(0)))
    with concurrent.futures.ProcessPoolExecutor(n) as pool:
        return list(pool.map(function, items))
