"""A run is killed with SIGKILL at random moments, all its processes at once, and continued by the same
command.  After each kill the file, if there is one, opens, and every block that is marked is right: for
our reader, and for h5py with the CRC of nothing but the known contents.  So are reaches, and a window is
there only after its reach."""
import random
import signal
import time

from store_python import *

KILLS = 20
ROUNDS = 400  # writes the blocks over and over, so that kills land inside writes
seen = {"no file": 0, "partial": 0, "complete": 0, "blocks": 0, "not marked": 0, "reaches": 0}


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def kill_after(seconds, path, command):
    """Kill this long after the run has first touched its output folder."""
    if os.path.exists(path + ".lock"):
        os.remove(path + ".lock")
    run = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not os.path.exists(path + ".lock") and run.poll() is None:
        time.sleep(0.001)
    time.sleep(seconds)
    assert run.poll() is None, ("ended by itself", run.stderr.read())
    ours = [run.pid] + children(run.pid)
    for pid in ours:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it was about to end
    run.wait()
    while any(alive(pid) for pid in ours[1:]):
        time.sleep(0.005)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def check(path):
    if not os.path.exists(path):
        seen["no file"] += 1
        return
    subprocess.run([arguments()[0], "check", path], check=True)
    with h5py.File(path, "r") as file:
        state = file["blocks/record"]["state"]
        seen["complete" if file["summary/complete"][()] else "partial"] += 1
        for part in PARTS:
            found, right = file[part][()], made(part)
            for t, b in zip(*np.nonzero(state)):
                slots = slice(b * K, (b + 1) * K)
                np.testing.assert_array_equal(found[t, slots], right[t, slots], part)
        known = np.nonzero(file["reach/record"]["state"])[0]
        for t in known:
            for part in REACH_PARTS:
                np.testing.assert_array_equal(file[part][t], made_reach(part, t), part)
        window = file["window"][:]
        for t in np.nonzero(~np.isnan(window[:, 0]))[0]:
            assert t in known or t == 2, ("a window without a reach", t)
            assert window[t].tolist() == [10 + t, 20 + t], window
        seen["reaches"] += len(known)
        seen["blocks"] += np.count_nonzero(state)
        seen["not marked"] += np.count_nonzero(state == 0)


def main():
    folder = new_folder("store-kill")
    # What Open MPI leaves behind when it is killed is to lie in this folder too.
    for leftover in "orte_tmpdir_base", "btl_vader_backing_directory":
        os.environ["OMPI_MCA_" + leftover] = os.path.abspath(folder)
    random.seed(1)
    for kill in range(KILLS):
        path = f"{folder}/run-{kill // 2}.h5"  # each run is killed twice
        ranks = 2 if kill % 5 == 0 else 1
        command = (mpirun(ranks) if ranks > 1 else []) + [arguments()[0], "write", path, str(ROUNDS)]
        kill_after(random.random() * 0.06, path, command)
        check(path)
    print(seen)
    assert seen["blocks"] > 0, "no kill came after a block was written"
    write(path, 3)
    subprocess.run([arguments()[0], "check", path], check=True)
    with h5py.File(path, "r") as file:
        assert file["summary/complete"][()] == 1 and file["blocks/record"]["state"].all()
        assert file["reach/record"]["state"].all()
    shutil.rmtree(folder)


main()
