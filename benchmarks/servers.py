"""What is compared: a Puna server, and the engine it would start, without Puna before it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psutil

from benchmarks.load import Target
from puna.api.openai import defaults
from puna.core.sampling import Sampling
from puna.engines.llama.sampling import sampling_body
from puna.engines.llama.sizing import generating_launch
from puna.engines.process.process import EngineProcess
from puna.library.library import Library
from puna.library.names import ModelName
from puna.machine import engine_settings
from puna.settings import Settings


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """Seconds of processor time since the start, over all cores."""

    server: float
    engines: float


@dataclass(frozen=True, slots=True)
class PunaServer:
    """A server process of its own that has just been started."""

    process: subprocess.Popen[str]
    address: str

    def target(self, model: str) -> Target:
        """That model, through Puna."""

        def body(prompt: str, tokens: int) -> dict[str, Any]:
            messages = [{"role": "user", "content": prompt}]
            return {"model": model, "messages": messages, "stream": True, "max_completion_tokens": tokens}

        return Target(self.address, body)

    def resident(self) -> int:
        """Bytes of memory of the server process alone, without its engines."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def processor_time(self) -> ProcessorTime:
        """What the server and its engines have used until now."""
        server = psutil.Process(self.process.pid)
        return ProcessorTime(busy(server), sum(busy(engine) for engine in server.children()))


def busy(process: psutil.Process) -> float:
    """Seconds of processor time, the system's for it included."""
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def puna_server(environment: dict[str, str]) -> Iterator[PunaServer]:
    """`puna serve` on a free port, with those variables and no other of Puna's or Ollama's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "puna", "serve", "--port", "0"],
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        try:
            announcement = output.readline()
            if not announcement:
                raise RuntimeError(f"puna serve ended with status {process.wait()}")
            yield PunaServer(process, announcement.split()[-1])
        finally:
            process.terminate()
            process.wait()


@asynccontextmanager
async def engine_alone(model: str, environment: dict[str, str]) -> AsyncIterator[Target]:
    """The engine process that Puna would start for that model with those variables, asked directly, with
    the sampling that Puna asks for."""
    settings = Settings.from_environment(environment)
    launch = generating_launch(Library(settings.models).get(ModelName.parse(model)), engine_settings(settings))

    def body(prompt: str, tokens: int) -> dict[str, Any]:
        sampling = Sampling(max_tokens=tokens).over(defaults.CHAT)
        asked = {"messages": [{"role": "user", "content": prompt}], "stream": True}
        return asked | sampling_body(sampling, launch.context_length)

    engine = await EngineProcess.start(replace(launch, prompt_files=None))
    try:
        yield Target(engine.address, body, engine.key)
    finally:
        await asyncio.shield(engine.stop())
