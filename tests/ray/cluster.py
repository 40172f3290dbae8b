"""A Ray of the tests' own, with one node, and applications of Ray Serve on it.

It is ended by the numbers of its processes, never by `ray stop`, which ends every Ray of a machine. Its processes
have a token of their own. Without one it depends on `~/.ray/auth_token`, which any `ray.init()` writes, whether a
node asks for a token; but a program that is given the node's address never sends the one that is there.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
import psutil
import pytest

BINARIES = Path(sys.executable).parent
SECONDS = 600.0
"""How long anything may take where others have the processor."""
MEMORY = 80 * 2**20
"""Of Ray's store for objects, which no answer needs."""

PORTS = (
    "",
    "dashboard-agent-listen-",
    "dashboard-agent-grpc-",
    "runtime-env-agent-",
    "metrics-export-",
    "ray-client-server-",
)
"""Those that are the same for every Ray, or chosen by it, for all that others choose at the same time."""
STARTS = 5
"""How often a node may be started. It gives its own agent some 15 seconds to come up, which nothing sets, and aborts:
where others have the processor that is too little."""

PATIENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "600",
    "RAY_raylet_start_wait_time_s": "600",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_agent_register_timeout_ms": "600000",
    # A node whose heartbeats are late is given up after 25 s as it is; here others have the processor for longer.
    "RAY_health_check_failure_threshold": "40",
    "RAY_health_check_timeout_ms": "60000",
    "RAY_memory_monitor_refresh_ms": "0",
    # Ray's workers let everything else of a machine go first, which on a busy one is never to begin.
    "RAY_worker_niceness": "0",
    # Processes are started when a replica needs one, not as many as there are processors, before.
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
}


@dataclass(frozen=True)
class Replica:
    """One replica of a deployment: its name in Serve, and its process."""

    name: str
    process: psutil.Process

    @property
    def engines(self) -> list[psutil.Process]:
        """The processes of its engines."""
        with suppress(psutil.NoSuchProcess):
            children = self.process.children(recursive=True)
            return [child for child in children if "puna.engines" in " ".join(child.cmdline())]
        return []

    @property
    def generations(self) -> int:
        """How many answers its engines are at: each has a connection of its own, that ends with it."""
        count = 0
        for engine in self.engines:
            with suppress(psutil.NoSuchProcess):
                count += sum(each.status == psutil.CONN_ESTABLISHED for each in engine.net_connections("tcp"))
        return count


@dataclass(frozen=True)
class Head:
    """The node. A program that is run with `environment` finds it."""

    folder: Path
    environment: dict[str, str]

    @contextmanager
    def running(self, config: dict[str, Any] | str, name: str = "puna") -> Iterator["Served"]:
        """`serve run` with that configuration, or that import path and its arguments."""
        log = self.folder / "serve.log"
        if isinstance(config, str):
            port, arguments = free_port(), config.split()
            self.do("start", "--http-port", str(port))
        else:
            port, written = config["http_options"]["port"], self.folder / "serve.json"
            written.write_text(json.dumps(config))
            arguments = [str(written)]
        with started([BINARIES / "serve", "run", *arguments], log, self.environment) as process:
            served = Served(f"http://127.0.0.1:{port}", name, self)
            try:
                wait_for(served.ready, process, log)
                yield served
            finally:
                end_serve()

    def do(self, *command: str) -> str:
        """What `serve` says when it is run with a command."""
        asked = [str(BINARIES / "serve"), *command]
        done = subprocess.run(asked, env=self.environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def details(self) -> Any:
        """What Serve says of its applications, as its own interface and `serve status` do."""
        import ray

        controller = ray.get_actor("SERVE_CONTROLLER_ACTOR", namespace="serve")
        return ray.get(controller.get_serve_instance_details.remote(), timeout=SECONDS)


@dataclass(frozen=True)
class Served:
    """An application. `url` has no slash at its end."""

    url: str
    name: str
    head: Head

    def client(self) -> openai.OpenAI:
        """The client that applications use."""
        return openai.OpenAI(base_url=f"{self.url}/v1/", api_key="puna", max_retries=0, timeout=SECONDS)

    def deployments(self) -> dict[str, Any]:
        """What Serve says of each."""
        application = self.head.details()["applications"].get(self.name, {})
        deployments: dict[str, Any] = application.get("deployments", {})
        return deployments

    def replicas(self, deployment: str) -> list[Replica]:
        """Those that run."""
        found = self.deployments()[deployment]["replicas"]
        running = [replica for replica in found if replica["state"] == "RUNNING"]
        return [Replica(each["replica_id"], psutil.Process(each["pid"])) for each in running if alive(each["pid"])]

    def ready(self) -> bool:
        """Whether it answers, with as many replicas as it wants."""
        with suppress(httpx2.HTTPError, ValueError):  # Ray's for an actor that is not there yet
            deployments = self.deployments()
            healthy = deployments and all(each["status"] == "HEALTHY" for each in deployments.values())
            return bool(healthy) and httpx2.get(f"{self.url}/health", trust_env=False).status_code == 200
        return False

    def generations(self, deployment: str) -> int:
        """How many answers the engines of its replicas are at."""
        return sum(replica.generations for replica in self.replicas(deployment))

    def asked(self, deployment: str) -> Counter[str]:
        """How many requests each of its replicas has had to its end, as Serve's logs say."""
        counts: Counter[str] = Counter()
        for log in (self.head.folder / "session_latest/logs/serve").glob(f"replica_{self.name}_{deployment}_*.log"):
            counts[log.stem.rpartition("_")[2]] += len(re.findall(r"-- (?:CALL answers|POST)", log.read_text()))
        return counts


def alive(process: int) -> bool:
    """Whether there is a process of that number."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False


def end_serve() -> None:
    """End every application, and Serve."""
    from ray import serve

    serve.shutdown()


@contextmanager
def running_head() -> Iterator[Head]:
    """A Ray of one node, with more processors and GPUs than the machine has: they only say where replicas fit. This
    process is connected to it."""
    for _ in range(STARTS):
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="ray-"))  # the paths of Ray's sockets have to be short
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            (process, environment), log = stack.enter_context(started_node(folder)), folder / "ray.log"
            wait_for(lambda folder=folder: is_up(folder) or has_aborted(folder), process, log)  # type: ignore[misc]
            if is_up(folder):
                address = (folder / "ray_current_cluster").read_text()
                yield stack.enter_context(connected(Head(folder, environment | {"RAY_ADDRESS": address})))
                return
    raise AssertionError("Ray's node did not start")


@contextmanager
def connected(head: Head) -> Iterator[Head]:
    """Be one of the node's programs. Ray reads its environment when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in head.environment.items():
            patch.setenv(name, value)
        import ray

        ray.init(namespace="serve", log_to_driver=False)
        try:
            yield head
        finally:
            ray.shutdown()


@contextmanager
def started_node(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """A node that is on its way, and its environment. What it can do without is left out: the fewer processes start,
    the sooner it is there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "RAY_"))}
    environment = clean | PATIENT | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    start = [str(BINARIES / "ray"), "start", "--head", "--block"]
    for name in PORTS:
        start += [f"--{name}port", str(free_port())]
    start += ["--num-cpus", "8", "--num-gpus", "1", "--object-store-memory", str(MEMORY)]
    start += ["--temp-dir", str(folder), "--disable-usage-stats", "--no-monitor"]
    start += ["--include-dashboard", "false"]
    with started(start, folder / "ray.log", environment) as process:
        yield process, environment


def is_up(folder: Path) -> bool:
    """Whether the node takes work."""
    return "Ray runtime started" in (folder / "ray.log").read_text()


def has_aborted(folder: Path) -> bool:
    """Whether the node is none: its own process writes nothing there otherwise."""
    errors = folder / "session_latest/logs/raylet.err"
    return errors.exists() and "Check failed" in errors.read_text()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(
    command: Sequence[str | Path], log: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the end of the context, and all that it has started."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    family = psutil.Process(process.pid)
    try:
        yield process
    finally:
        children = family.children(recursive=True) if family.is_running() else []
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        finally:
            for child in [*children, family]:
                with suppress(psutil.NoSuchProcess):
                    child.kill()


def wait_for(
    ready: Callable[[], bool], process: subprocess.Popen[bytes] | None = None, log: Path | None = None
) -> None:
    """Return when it is ready. Fails where the process ends before."""
    end = time.monotonic() + SECONDS
    while not ready():
        if (process and process.poll() is not None) or time.monotonic() > end:
            raise AssertionError(log.read_text()[-6000:] if log else "it did not come to that")
        time.sleep(0.2)
