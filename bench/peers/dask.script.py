"""python3 dask.script.py COUNT IN_FLIGHT"""

import sys
import time

from dask.distributed import Client, LocalCluster


def work(item):
    return item % 1000


def main(count, in_flight):
    with LocalCluster(n_workers=in_flight, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            started = time.perf_counter()
            results = client.gather(client.map(work, range(count)))
            took = time.perf_counter() - started
    assert len(results) == count
    print("tasks took", took)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
