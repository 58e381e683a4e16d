"""A stand-in for AWS for tests: moto's server, with a Batch that behaves as AWS documents it.

moto as it is installed starts every job at once, knows no exit codes, reasons, array indexes, retries, memory limits and capacity. Here its
jobs go to a scheduler of our own (`Place`), which runs them as real containers through the Docker API (or, without containers, lets them
pass through their states), and what DescribeJobs and ListJobs say is completed. moto itself stays as it was installed.

What follows AWS's documents, and from where (AWS Batch User Guide unless told):
  job states; a retried job goes back to RUNNABLE; "Array jobs": index, statusSummary, a parent fails when a child has failed
  "Automated job retries": attempts, evaluateOnExit, the first rule that fits, no rule that fits: retry
  "Job timeouts": at least 60 seconds, SIGTERM, then SIGKILL 30 seconds later; not retried
  API reference, SubmitJob: array of 2 to 10,000, at most 20 dependencies; DescribeJobs: at most 100 ids; ListJobs: pages, JOB_NAME filter
  "Service quotas": 30 KiB for a SubmitJob; ECS RunTask: 8,192 characters of container overrides
  OutOfMemoryError, CannotPullContainerError, "Host EC2 (instance i-…) terminated.": the reasons that ECS and Batch give

Not honoured: initProcessEnabled, devices, swap, EFS, secrets, multi-node jobs, shares and priorities.

Configuration by environment:
  LEAT_BATCH_SLOTS      jobs that run at once: the size of the compute environment (4)
  LEAT_BATCH_SECONDS    no containers: every job runs so long and ends well
  LEAT_BATCH_GRACE      seconds between SIGTERM and SIGKILL (30, as on AWS)
  LEAT_BATCH_LEAST_TIMEOUT  seconds (60, as on AWS)
  LEAT_BATCH_WAITED     seconds that every job is told to have waited more than it has: a queue that is hours long, for tests of minutes (0)
  LEAT_BATCH_CONTROL    port of the control server, see `Control`
"""

import copy
import json
import sys
import threading
import time
from collections import Counter
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from moto.batch import models
from moto.batch.exceptions import ClientException
from moto.batch.responses import BatchResponse
from moto.s3.responses import S3Response

from batch_attempts import CONTROL, ENDED, LEAST_TIMEOUT, WAITED
from batch_place import place

calls = Counter()
context = threading.local()


def install_jobs():
    """moto's jobs, told and run in our way."""
    job_class = models.Job
    made, told = job_class.__init__, job_class.describe

    def init(self, *args, **kwargs):
        # moto hands the same list to all children, and each adds to it.
        kwargs["container_overrides"] = copy.deepcopy(kwargs.get("container_overrides") or {})
        made(self, *args, **kwargs)
        request = getattr(context, "request", {})
        self.retry_strategy = request.get("retryStrategy")
        self.container_reason = None
        self.reclaimed = None
        self.expired = False
        self.lost = False
        self._status = "SUBMITTED"
        if "index" in self.array_properties:
            self.array_properties["size"] = request["arrayProperties"]["size"]

    def start(self):
        threading.Thread(target=wait_for_dependencies, args=(self,), daemon=True).start() if self.depends_on else place.add(self)

    def terminate(self, reason):
        for child in self._child_jobs or []:
            child.terminate(reason)
        if self._child_jobs or self._status in ENDED:
            return
        self.stop = True
        self.job_stopped_reason = reason
        if place.remove(self) or self._status in ("SUBMITTED", "PENDING"):
            self.job_stopped_at = datetime.now()
            self.job_stopped = True
            self._status = "FAILED"

    def status(self):
        if not self._child_jobs:
            return self._status
        states = [child._status for child in self._child_jobs]
        if any(each not in ENDED for each in states):
            return "PENDING"
        self.job_stopped = True
        self.job_stopped_at = max(child.job_stopped_at for child in self._child_jobs)
        return "FAILED" if "FAILED" in states else "SUCCEEDED"

    def describe(self):
        answer = told(self)
        answer["status"] = self.status
        if self.status not in ("STARTING", "RUNNING", *ENDED) or self.job_started_at.year == 1970:
            answer.pop("startedAt", None)
        container = answer.get("container")
        if container is not None:
            if self.exit_code is not None:
                container["exitCode"] = self.exit_code
            if self.container_reason is not None:
                container["reason"] = self.container_reason
        if "index" in self.array_properties:
            answer["arrayProperties"] = {"index": self.array_properties["index"]}
        answer["retryStrategy"] = self.retry_strategy or self.job_definition.retry_strategy or {}
        if "createdAt" in answer:
            answer["createdAt"] -= WAITED * 1000
        answer["isTerminated"] = self.stop and self.reclaimed is None
        return answer

    job_class.__init__ = init
    job_class.start = start
    job_class.terminate = terminate
    job_class.describe = describe
    job_class.status = property(status, lambda self, value: setattr(self, "_status", value))


def wait_for_dependencies(job):
    job._status = "PENDING"
    ids = [each["jobId"] for each in job.depends_on if "jobId" in each]
    while not job.stop:
        states = [job.all_jobs[each].status if each in job.all_jobs else "FAILED" for each in ids]
        if "FAILED" in states:
            job.job_stopped_reason = "Dependent Job failed"
            job.job_stopped_at = datetime.now()
            job.job_stopped = True
            job._status = "FAILED"
            return
        if all(each == "SUCCEEDED" for each in states):
            place.add(job)
            return
        time.sleep(0.1)


def install_requests():
    """What AWS checks of requests and moto does not; pages; counts."""

    def counted(name, handle):
        def handled(self):
            calls[name] += 1
            return handle(self)

        return handled

    submit = BatchResponse.submitjob

    def submitjob(self):
        body = json.loads(self.body)
        check_submission(self, body)
        context.request = body
        return submit(self)

    def describejobs(self):
        ids = json.loads(self.body).get("jobs") or []
        if len(ids) > 100:
            raise ClientException("A maximum of 100 job IDs can be described")
        found = [self.batch_backend._jobs[each] for each in ids if each in self.batch_backend._jobs]
        return json.dumps({"jobs": [each.describe() for each in found if not each.lost]})

    def listjobs(self):
        body = json.loads(self.body)
        jobs = self.batch_backend.list_jobs(
            job_queue_name=body.get("jobQueue"),
            array_job_id=body.get("arrayJobId"),
            job_status=None if body.get("filters") else body.get("jobStatus"),
            filters=body.get("filters"),
        )
        # A queue's list has arrays, and not their children.
        jobs = [each for each in jobs if body.get("arrayJobId") or ":" not in each.job_id]
        start, size = int(body.get("nextToken") or 0), int(body.get("maxResults") or 100)
        answer = {"jobSummaryList": [each.describe_short() for each in jobs[start : start + size]]}
        if start + size < len(jobs):
            answer["nextToken"] = str(start + size)
        return json.dumps(answer)

    BatchResponse.submitjob = submitjob
    BatchResponse.describejobs = describejobs
    BatchResponse.listjobs = listjobs
    for name in ("submitjob", "describejobs", "listjobs", "terminatejob", "describejobqueues", "describecomputeenvironments",
                 "registerjobdefinition", "describejobdefinitions"):
        setattr(BatchResponse, name, counted(name, getattr(BatchResponse, name)))


def check_submission(response, body):
    size = (body.get("arrayProperties") or {}).get("size")
    if size is not None and not 2 <= size <= 10_000:
        raise ClientException("Array size must be between 2 and 10,000")
    if len(body.get("dependsOn") or []) > 20:
        raise ClientException("Too many dependencies: at most 20")
    if (body.get("timeout") or {}).get("attemptDurationSeconds", LEAST_TIMEOUT) < LEAST_TIMEOUT:
        raise ClientException(f"Timeout must be at least {LEAST_TIMEOUT} seconds")
    if len(response.body) > 30 * 1024:
        raise ClientException("The request is larger than 30 KiB")
    if len(json.dumps(body.get("containerOverrides") or {})) > 8192:
        raise ClientException("Container Overrides length must be at most 8192")
    queue = response.batch_backend.get_job_queue(body["jobQueue"])
    if queue is not None and queue.state != "ENABLED":
        raise ClientException(f"JobQueue {body['jobQueue']} is not in ENABLED state")


class Control(BaseHTTPRequestHandler):
    """What no API of AWS does: POST /reclaim?job=ID takes a job's instance away, POST /lose?job=ID makes Batch forget it,
    POST /expire?job=ID lets the time limit of its attempt pass, if it has one, GET /calls counts.

    GET /credentials is what a container asks for its role's keys.
    """

    def do_GET(self):
        path = urlparse(self.path).path
        if path == "/credentials":
            self.answer({"AccessKeyId": "task", "SecretAccessKey": "task", "Token": "task", "Expiration": "2099-01-01T00:00:00Z"})
        elif path == "/calls":
            self.answer(dict(calls))
        else:
            self.answer({}, 404)

    def do_POST(self):
        url = urlparse(self.path)
        job = find_job(parse_qs(url.query).get("job", [""])[0])
        if job is None:
            self.answer({}, 404)
            return
        if url.path == "/reclaim":
            job.reclaimed = "i-0123456789abcdef0"
            job.stop = True
        elif url.path == "/lose":
            job.lost = True
        elif url.path == "/expire":
            job.expired = True
        self.answer({})

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def find_job(job_id):
    for account in models.batch_backends.values():
        for backend in account.values():
            if job_id in backend._jobs:
                return backend._jobs[job_id]
    return None


def install_puts():
    """moto looks whether an object is there, and writes it later: of many conditional writes in the same moment two may be taken."""
    lock = threading.Lock()
    put = S3Response._key_response_put

    def put_alone(self, *args):
        with lock:
            return put(self, *args)

    S3Response._key_response_put = put_alone


if __name__ == "__main__":
    install_jobs()
    install_puts()
    install_requests()
    if CONTROL:
        server = ThreadingHTTPServer(("127.0.0.1", CONTROL), Control)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    from moto.server import main

    main(sys.argv[1:])
