"""How an encoder is started, and which models it runs."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from puna.core.capacity import Capacity
from puna.core.footprint import RAM, Footprint
from puna.engines.encoder.weights import encoder_bytes, suits
from puna.engines.engine import Engine, Task
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings

SLOTS = 32
"""How many requests may embed at once."""
LONGEST = 8192
"""The longest text in tokens: all of a text is computed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderLaunch:
    """The process that embeds with a BERT. `threads` None means as many as there are cores."""

    weights: Path
    context_length: int
    threads: int | None = None
    footprint: Footprint = field(default=Footprint(), compare=False)
    load_timeout: float = field(default=math.inf, compare=False)
    stall_timeout: float = field(default=math.inf, compare=False)

    @property
    def module(self) -> str:
        """The Python module that is the engine's process."""
        return "puna.engines.encoder.runner"

    @property
    def name(self) -> str:
        """The file that is loaded."""
        return self.weights.name

    @property
    def capacity(self) -> Capacity:
        """Each text has a whole context."""
        return Capacity(slots=SLOTS, context_length=self.context_length)

    def alternatives(self) -> "tuple[EncoderLaunch, ...]":
        """One process uses all cores."""
        return (self,)

    async def start(self) -> Engine:
        """Load the model. Raises EngineFailed and EngineLost."""
        from puna.engines.encoder.engine import EncoderEngine  # the engine's own process does without it
        from puna.engines.process.process import EngineProcess

        process = await EngineProcess.start(self, stall_seconds=self.load_timeout)
        return await EncoderEngine(self, process).ready(self.load_timeout)

    def to_json(self) -> dict[str, Any]:
        """What the engine's process is told."""
        return {"weights": str(self.weights), "context_length": self.context_length, "threads": self.threads}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "EncoderLaunch":
        """The inverse of `to_json`."""
        return cls(**{**fields, "weights": Path(fields["weights"])})


def plan_encoder(model: EngineModel, task: Task, settings: EngineSettings) -> EncoderLaunch | None:
    """How a BERT is launched to embed on processors; None for what is no BERT, where there is a GPU, and where
    another engine is asked for."""
    if task != "embed" or model.kind != "gguf" or settings.llama_server or settings.memory.gpus or model.adapters:
        return None
    metadata = model.metadata
    if not suits(metadata):
        return None
    trained = metadata.context_length or LONGEST
    return EncoderLaunch(
        weights=model.weights,
        context_length=min(trained, model.parameters.num_ctx or settings.context_length or trained, LONGEST),
        threads=model.parameters.num_thread or settings.threads,
        footprint=Footprint({RAM: encoder_bytes(metadata)}),
        load_timeout=settings.load_timeout,
        stall_timeout=settings.stall_timeout,
    )
