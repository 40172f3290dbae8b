"""How an engine of llama.cpp is started."""

import asyncio
import math
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

from puna.core.footprint import RAM, Footprint, gpu_name
from puna.engines.engine import Engine
from puna.engines.llama.arguments import LlamaArguments
from puna.engines.llama.chat.trial import TRIALS
from puna.engines.llama.saved import prompt_folder
from puna.engines.process.process import EngineProcess

if TYPE_CHECKING:
    from puna.engines.llama.engine import LlamaEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaLaunch(LlamaArguments):
    """What the process is told, and what only its parent has to know; two equal launches may share one engine.

    `templates` are the chat templates that it may render. `replica` tells apart the `replicas` engines that do the
    same work, each on the next of the machine's `gpus`, where there are any. `footprint` is the memory all that is
    expected to take. Loading may stand still for `load_timeout` seconds, and the engine may be silent for
    `stall_timeout` seconds while it has work, before it is given up.
    """

    templates: tuple[str, ...] = field(default=(), compare=False)
    replica: int = 0
    replicas: int = 1
    gpus: int = 0
    footprint: Footprint = field(default=Footprint(), compare=False)
    load_timeout: float = field(default=math.inf, compare=False)
    stall_timeout: float = field(default=math.inf, compare=False)

    @property
    def module(self) -> str:
        """The Python module whose process is the engine, or keeps it."""
        return "puna.engines.llama.binary" if self.program else "puna.engines.llama.runner"

    def alternatives(self) -> "tuple[LlamaLaunch, ...]":
        """The launches of all replicas."""
        return tuple(self._as_replica(number) for number in range(self.replicas))

    def _as_replica(self, number: int) -> "LlamaLaunch":
        if self.replicas == 1 or not self.gpus:
            return replace(self, replica=number)
        gpu = number % self.gpus
        devices = {RAM: self.footprint.ram, gpu_name(gpu): self.footprint.gpu}
        return replace(self, replica=number, main_gpu=gpu, footprint=Footprint(devices))

    async def start(self) -> Engine:
        """Load the model and ask what it can do.

        Raises:
            EngineFailed: the engine ended before it served, or its chat template comes to no end.
            EngineLost: something killed it, or it made no progress.
        """
        for template in self.templates:
            await TRIALS.check(template)
        if self.prompt_files and not await asyncio.to_thread(prompt_folder(self.prompt_files).prepare):
            return await replace(self, prompt_files=None).start()
        # What speaks to the engine is imported while it loads.
        imported = asyncio.create_task(asyncio.to_thread(import_module, "puna.engines.llama.engine"))
        process = await EngineProcess.start(self, stall_seconds=self.load_timeout)
        await imported
        return await self._kind(self, process, self.stall_timeout).ready(self.load_timeout)

    @property
    def _kind(self) -> "type[LlamaEngine]":
        from puna.engines.llama.engine import EmbeddingEngine, GeneratingEngine, ScoringEngine

        match self.pooling:
            case None:
                return GeneratingEngine
            case "none":
                return ScoringEngine
            case _:
                return EmbeddingEngine
