"""Jobs as real containers, through the Docker API: their start, their output, their end."""

import functools
import os
import threading
import time

import docker
import requests
from moto import settings

from batch_attempts import CONTROL, GRACE, Outcome, begin

# Of one client: a job holds two, for its output and its end.
CONNECTIONS = 64
SETTLING_SECONDS = 60


@functools.cache
def connect():
    """One client for all jobs: each new one asks for the engine's version, for which podman runs several programs."""
    return docker.from_env(max_pool_size=CONNECTIONS)


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
    properties = job.job_definition.container_properties
    attempt = len(job.attempts) + 1
    memory = requirement(job, "MEMORY")
    cores = requirement(job, "VCPU")
    linux = properties.get("linuxParameters", {})
    # "VCPU: maps to CpuShares; each vCPU is equivalent to 1,024 CPU shares" (API reference, ResourceRequirement).
    options = {"cpu_shares": int(1024 * float(cores))} if cores else {}
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
            container = connect().containers.create(
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
    waiter = threading.Thread(target=wait_for_end, args=(container,), daemon=True)
    waiter.start()
    limit = job._get_attempt_duration()
    began = time.monotonic()
    timed_out = False
    while waiter.is_alive():
        waiter.join(0.05)
        late = limit is not None and (job.expired or time.monotonic() - began > limit)
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


def wait_for_end(container):
    """A wait that is cut off, or takes longer than the client has patience, says nothing of the container: it is asked again."""
    while True:
        try:
            container.wait()
            return
        except requests.exceptions.RequestException as error:
            if isinstance(error, requests.exceptions.HTTPError):
                return
            time.sleep(0.5)


def exit_code_of(container):
    """The answer to a wait may come before the engine knows how the container ended, on a busy machine long before."""
    for _ in range(SETTLING_SECONDS * 20):
        container.reload()
        if container.attrs["State"]["Status"] in ("exited", "dead"):
            return container.attrs["State"]["ExitCode"]
        time.sleep(0.05)
    print(f"{container.name}: no exit code, {container.attrs['State']}", flush=True)
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
