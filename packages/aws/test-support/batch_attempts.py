"""What an attempt of a job leaves, and the settings of the stand-in."""

import os
from datetime import datetime

SLOTS = int(os.environ.get("LEAT_BATCH_SLOTS", "4"))
SECONDS = os.environ.get("LEAT_BATCH_SECONDS")
GRACE = int(os.environ.get("LEAT_BATCH_GRACE", "30"))
LEAST_TIMEOUT = int(os.environ.get("LEAT_BATCH_LEAST_TIMEOUT", "60"))
WAITED = int(os.environ.get("LEAT_BATCH_WAITED", "0"))
CONTROL = int(os.environ.get("LEAT_BATCH_CONTROL", "0"))

ENDED = ("SUCCEEDED", "FAILED")


class Outcome:
    def __init__(self, exit_code=None, reason=None, status_reason=None, timed_out=False):
        self.exit_code = exit_code
        self.reason = reason
        self.timed_out = timed_out
        self.status_reason = status_reason or "Essential container in task exited"


def begin(job, stream):
    job.job_started_at = datetime.now()
    job.log_stream_name = stream
    job.latest_attempt = {"container": {"logStreamName": stream}, "startedAt": millis(job.job_started_at)}
    job.attempts.append(job.latest_attempt)
    job._status = "RUNNING"


def millis(moment):
    return int(moment.timestamp() * 1000)
