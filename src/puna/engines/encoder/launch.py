"""How an encoder is started, and which models it runs."""

import math
from dataclasses import dataclass, field

from puna.core.footprint import RAM, Footprint
from puna.engines.encoder.arguments import EncoderArguments
from puna.engines.encoder.suitability import encoder_bytes, suits
from puna.engines.engine import Engine, Task
from puna.engines.model import EngineModel
from puna.engines.process.process import EngineProcess
from puna.engines.settings import EngineSettings

LONGEST = 8192
"""The longest text in tokens: all of a text is computed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderLaunch(EncoderArguments):
    """The process that embeds with a BERT, and what only its parent has to know: the memory it is expected to take,
    and the seconds that it may stand still while it loads or be silent while it has work."""

    footprint: Footprint = field(default=Footprint(), compare=False)
    load_timeout: float = field(default=math.inf, compare=False)
    stall_timeout: float = field(default=math.inf, compare=False)

    @property
    def module(self) -> str:
        """The Python module that is the engine's process."""
        return "puna.engines.encoder.runner"

    def alternatives(self) -> "tuple[EncoderLaunch, ...]":
        """One process uses all cores."""
        return (self,)

    async def start(self) -> Engine:
        """Load the model. Raises EngineFailed and EngineLost."""
        process = await EngineProcess.start(self, stall_seconds=self.load_timeout)
        from puna.engines.encoder.engine import EncoderEngine  # few programs need it

        return await EncoderEngine(self, process, self.stall_timeout).ready(self.load_timeout)


def plan_encoder(model: EngineModel, task: Task, settings: EngineSettings) -> EncoderLaunch | None:
    """How a BERT is launched to embed on processors; None for what is no BERT, where there is a GPU, and where
    another engine is asked for."""
    if task != "embed" or model.kind != "gguf" or not settings.encoder or settings.memory.gpus or model.adapters:
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
