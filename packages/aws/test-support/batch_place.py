"""The compute environment: which jobs run, and what becomes of them when an attempt has ended."""

import fnmatch
import threading
from datetime import datetime

from batch_attempts import SECONDS, SLOTS, Outcome, begin, millis


class Place:
    """The compute environment: takes jobs in the order in which they came, and runs as many at once as it has slots."""

    def __init__(self, slots):
        self.slots = slots
        self.free = slots
        self.waiting = []
        self.changed = threading.Condition()
        threading.Thread(target=self.loop, daemon=True).start()

    def add(self, job, front=False):
        with self.changed:
            job._status = "RUNNABLE"
            if front:
                self.waiting.insert(0, job)
            else:
                self.waiting.append(job)
            self.changed.notify_all()

    def remove(self, job):
        """Whether the job was still waiting."""
        with self.changed:
            if job in self.waiting:
                self.waiting.remove(job)
                return True
            return False

    def loop(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.free > 0 and self.waiting)
                job = self.waiting.pop(0)
                self.free -= 1
                job._status = "STARTING"
            if SECONDS is not None:
                # On a busy machine the timer may be faster than what follows it: a job that has ended would begin then.
                begin(job, None)
                # 10,000 of them are no reason for 10,000 threads.
                threading.Timer(float(SECONDS), self.passed, (job,)).start()
            else:
                threading.Thread(target=self.run, args=(job,), daemon=True).start()

    def passed(self, job):
        finish(job, Outcome(exit_code=0))
        self.release()

    def run(self, job):
        try:
            # Without containers there need be no library for them.
            from batch_containers import run_container

            outcome = run_container(job)
        except Exception as error:  # what went wrong here is no fault of the job
            outcome = Outcome(status_reason=f"{type(error).__name__}: {error}"[:255])
        self.release()
        finish(job, outcome)

    def release(self):
        with self.changed:
            self.free += 1
            self.changed.notify_all()


def finish(job, outcome):
    """One attempt has ended: decides what becomes of the job."""
    if job.latest_attempt is not None and "stoppedAt" not in job.latest_attempt:
        job.latest_attempt["stoppedAt"] = millis(datetime.now())
        job.latest_attempt["statusReason"] = outcome.status_reason
        container = job.latest_attempt["container"]
        if outcome.exit_code is not None:
            container["exitCode"] = outcome.exit_code
        if outcome.reason is not None:
            container["reason"] = outcome.reason
    job.exit_code = outcome.exit_code
    job.container_reason = outcome.reason
    terminated = job.stop and job.reclaimed is None
    if not terminated:
        job.job_stopped_reason = outcome.status_reason
    succeeded = outcome.exit_code == 0 and not job.stop and not outcome.timed_out
    if not succeeded and not terminated and not outcome.timed_out and is_retried(job, outcome):
        job.stop = False
        job.reclaimed = None
        place.add(job, front=True)
        return
    job.job_stopped_at = datetime.now()
    job.job_stopped = True
    job._status = "SUCCEEDED" if succeeded else "FAILED"


def is_retried(job, outcome):
    strategy = job.retry_strategy or job.job_definition.retry_strategy or {}
    if len(job.attempts) >= int(strategy.get("attempts", 1)):
        return False
    said = {
        "onExitCode": outcome.exit_code,
        "onReason": outcome.reason or "",
        "onStatusReason": outcome.status_reason,
    }
    for rule in strategy.get("evaluateOnExit", []):
        patterns = [(name, rule[name]) for name in said if name in rule]
        if all(fnmatch.fnmatchcase(str(said[name]), pattern) for name, pattern in patterns):
            return rule["action"].upper() == "RETRY"
    return True


place = Place(SLOTS)
