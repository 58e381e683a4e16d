"""python3 ray.script.py COUNT IN_FLIGHT"""

import os
import shutil
import sys
import tempfile
import time

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray  # noqa: E402


@ray.remote
def work(item):
    return item % 1000


def main(count, in_flight):
    # Ray's sockets lie in here, and a socket's path is short.
    folder = tempfile.mkdtemp(prefix="ray-")
    try:
        ray.init(
            num_cpus=in_flight,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=100 * 2**20,
            _temp_dir=folder,
        )
        started = time.perf_counter()
        results = ray.get([work.remote(item) for item in range(count)])
        took = time.perf_counter() - started
        ray.shutdown()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert len(results) == count
    print("tasks took", took)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
