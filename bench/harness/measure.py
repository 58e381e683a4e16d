"""Runs one command and says what it cost: wall time, CPU of its whole process tree, CPU and memory peak of the process itself.

    python3 measure.py LIMIT_SECONDS OUTPUT_FILE -- command argument...

Prints one JSON object. It is Python because Node cannot ask for the resource usage of its children. What the command prints
goes to OUTPUT_FILE. Orphans of the command come to this process (Linux), so that their CPU counts, too.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
ORPHANS_END_SECONDS = 10
SAMPLE_SECONDS = 0.05
TREE_SECONDS = 0.25
TREE_SHARE = 0.01
LINUX = sys.platform == "linux"


def processes_below(ancestor):
    """All living processes that descend from this one: the command, what it started, and orphans, which come here."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as stat:
                    parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, added = set(), {ancestor}
    while added:
        added = {pid for pid, parent in parents.items() if parent in added} - found
        found |= added
    return found


def memory_of_all():
    """Sum of the proportional set sizes in KiB: a page that several processes share is counted once."""
    total = 0
    for pid in processes_below(os.getpid()):
        try:
            with open("/proc/%d/smaps_rollup" % pid) as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return total


def peak_memory(pid, stop, result):
    """VmHWM only grows, so the last sample before the end is the peak, but for what grew in the last interval. All processes
    together are looked at less often: that takes a millisecond or more for each, and who measures shall not be what is measured."""
    next_look = time.monotonic() + TREE_SECONDS
    while not stop.wait(SAMPLE_SECONDS):
        began = time.monotonic()
        if began >= next_look:
            result["tree_kb"] = max(result["tree_kb"], memory_of_all())
            ended = time.monotonic()
            next_look = ended + max(TREE_SECONDS, (ended - began) / TREE_SHARE)
        try:
            with open("/proc/%d/status" % pid) as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        result["peak_kb"] = int(line.split()[1])
        except (FileNotFoundError, ProcessLookupError):
            return


def own_cpu(pid):
    """A process that has ended and was not waited for still tells its own CPU time, without its children's."""
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def children():
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as listed:
            return [int(pid) for pid in listed.read().split()]
    except FileNotFoundError:
        return []


def reap_orphans():
    """Processes that outlived the command belong to its cost. One that does not end by itself is ended."""
    deadline = time.monotonic() + ORPHANS_END_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid != 0:
            continue
        if time.monotonic() > deadline:
            for orphan in children():
                os.kill(orphan, signal.SIGKILL)
        time.sleep(0.005)


def run(limit, output, command):
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    result = {"peak_kb": 0, "tree_kb": 0, "timed_out": False}
    with open(output, "ab") as sink:
        started_at = time.time()
        started = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda given, _frame: os.kill(child.pid, given))

    def over():
        result["timed_out"] = True
        kill_group(child.pid)

    watch = threading.Timer(limit, over)
    watch.daemon = True
    watch.start()
    stop = threading.Event()
    if LINUX:
        threading.Thread(target=peak_memory, args=(child.pid, stop, result), daemon=True).start()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    wall = time.perf_counter() - started
    watch.cancel()
    stop.set()
    own = own_cpu(child.pid) if LINUX else 0
    exit_code = child.wait()
    if LINUX:
        reap_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "startedAt": started_at * 1000,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "ownCpu": own,
        "peakMemory": result["peak_kb"] * 1024,
        "peakTree": result["tree_kb"] * 1024,
        "exitCode": exit_code,
        "timedOut": result["timed_out"],
    }


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]), sys.argv[2], sys.argv[4:])))
