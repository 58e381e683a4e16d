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
import fnmatch
import json
import os
import sys
import threading
import time
from collections import Counter
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from moto import settings
from moto.batch import models
from moto.batch.exceptions import ClientException
from moto.batch.responses import BatchResponse

SLOTS = int(os.environ.get("LEAT_BATCH_SLOTS", "4"))
SECONDS = os.environ.get("LEAT_BATCH_SECONDS")
GRACE = int(os.environ.get("LEAT_BATCH_GRACE", "30"))
LEAST_TIMEOUT = int(os.environ.get("LEAT_BATCH_LEAST_TIMEOUT", "60"))
WAITED = int(os.environ.get("LEAT_BATCH_WAITED", "0"))
CONTROL = int(os.environ.get("LEAT_BATCH_CONTROL", "0"))

ENDED = ("SUCCEEDED", "FAILED")
calls = Counter()


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
            outcome = run_container(job)
        except Exception as error:  # what went wrong here is no fault of the job
            outcome = Outcome(status_reason=f"{type(error).__name__}: {error}"[:255])
        self.release()
        finish(job, outcome)

    def release(self):
        with self.changed:
            self.free += 1
            self.changed.notify_all()


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


def requirement(job, kind):
    overrides = job.container_overrides.get("resourceRequirements", [])
    defined = job.job_definition.container_properties.get("resourceRequirements", [])
    for each in [*overrides, *defined]:
        if each["type"] == kind:
            return each["value"]
    return None


def environment_of(job, attempt):
    properties = job.job_definition.container_properties
    pairs = [*properties.get("environment", []), *job.container_overrides.get("environment", [])]
    own = {each["name"]: each["value"] for each in pairs}
    own["AWS_BATCH_JOB_ID"] = job.job_id
    own["AWS_BATCH_JOB_ATTEMPT"] = str(attempt)
    own["AWS_BATCH_JQ_NAME"] = job.job_queue.name
    own["AWS_BATCH_CE_NAME"] = job.job_queue.environments[0].name
    own["AWS_EXECUTION_ENV"] = "AWS_ECS_EC2"
    if CONTROL and properties.get("jobRoleArn"):
        # The role of the task, as ECS hands it out.
        own["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{CONTROL}/credentials"
    if "index" in job.array_properties:
        own["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.array_properties["index"])
        own["AWS_BATCH_JOB_ARRAY_SIZE"] = str(job.array_properties["size"])
    return own


def run_container(job):
    import docker

    properties = job.job_definition.container_properties
    attempt = len(job.attempts) + 1
    memory = requirement(job, "MEMORY")
    linux = properties.get("linuxParameters", {})
    options = {}
    if settings.moto_network_mode():
        options["network_mode"] = settings.moto_network_mode()
    if linux.get("sharedMemorySize"):
        options["shm_size"] = f"{linux['sharedMemorySize']}m"
    if linux.get("tmpfs"):
        options["tmpfs"] = {each["containerPath"]: f"size={each['size']}m,exec" for each in linux["tmpfs"]}
    if properties.get("user"):
        options["user"] = properties["user"]
    sources = {each["name"]: each.get("host", {}).get("sourcePath") for each in properties.get("volumes", [])}
    mounts = {
        sources[each["sourceVolume"]]: {"bind": each["containerPath"], "mode": "ro" if each.get("readOnly") else "rw"}
        for each in properties.get("mountPoints", [])
        if sources.get(each["sourceVolume"])
    }
    container = None
    try:
        try:
            container = job.docker_client.containers.create(
                properties["image"],
                job.container_overrides.get("command") or properties.get("command") or [],
                environment=environment_of(job, attempt),
                mem_limit=f"{memory}m" if memory else None,
                memswap_limit=f"{memory}m" if memory else None,
                name=f"batch-{job.job_id.replace(':', '-')}-{attempt}",
                labels={"leat-batch-server": str(os.getpid())},
                volumes=mounts,
                **options,
            )
            if job.stop:
                return Outcome()
            container.start()
        except docker.errors.APIError as error:
            missing = isinstance(error, docker.errors.NotFound)
            what = "CannotPullContainerError" if missing else "CannotStartContainerError"
            return Outcome(reason=f"{what}: Error response from daemon: {error.explanation}"[:255], status_reason="Task failed to start")
        stream = f"{job.job_definition.name[:200]}/default/{job.job_id.replace(':', '-')}-{attempt}"
        begin(job, stream)
        return watch(job, container, stream, memory)
    finally:
        if container is not None:
            try:
                container.remove(force=True)
            except docker.errors.APIError:
                pass


def watch(job, container, stream, memory):
    pump = threading.Thread(target=copy_logs, args=(job, container, stream), daemon=True)
    pump.start()
    waiter = threading.Thread(target=container.wait, daemon=True)
    waiter.start()
    limit = job._get_attempt_duration()
    began = time.monotonic()
    timed_out = False
    while waiter.is_alive():
        waiter.join(0.05)
        late = limit is not None and time.monotonic() - began > limit
        if waiter.is_alive() and (job.stop or late):
            timed_out = late and not job.stop
            if job.reclaimed is not None:
                container.kill()
            else:
                container.stop(timeout=GRACE)
            waiter.join(GRACE + 30)
    pump.join(5)
    exit_code = exit_code_of(container)
    if job.reclaimed is not None:
        return Outcome(status_reason=f"Host EC2 (instance {job.reclaimed}) terminated.")
    killed = memory and not job.stop and not timed_out and container.attrs["State"].get("OOMKilled")
    reason = "OutOfMemoryError: Container killed due to memory usage" if killed else None
    status_reason = "Job attempt duration exceeded timeout" if timed_out else None
    return Outcome(exit_code, reason, status_reason, timed_out)


def exit_code_of(container):
    """The answer to a wait may come before the engine knows how the container ended."""
    for _ in range(100):
        container.reload()
        if container.attrs["State"]["Status"] in ("exited", "dead"):
            return container.attrs["State"]["ExitCode"]
        time.sleep(0.05)
    return None


def copy_logs(job, container, stream):
    """The container's output, line by line, while it runs."""
    log_backend = job._log_backend
    log_backend.ensure_log_group(job._log_group)
    log_backend.ensure_log_stream(job._log_group, stream)
    rest = b""
    for piece in container.logs(stream=True, follow=True):
        *lines, rest = (rest + piece).split(b"\n")
        put_lines(job, stream, lines)
    if rest:
        put_lines(job, stream, [rest])


def put_lines(job, stream, lines):
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line.decode("utf8", "replace")} for line in lines]
    for start in range(0, len(events), 1000):
        job._log_backend.put_log_events(job._log_group, stream, events[start : start + 1000])


def millis(moment):
    return int(moment.timestamp() * 1000)


place = Place(SLOTS)
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
    """What no API of AWS does: POST /reclaim?job=ID takes a job's instance away, POST /lose?job=ID makes Batch forget it, GET /calls counts.

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


if __name__ == "__main__":
    install_jobs()
    install_requests()
    if CONTROL:
        server = ThreadingHTTPServer(("127.0.0.1", CONTROL), Control)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    from moto.server import main

    main(sys.argv[1:])
