"""How the process that draws is started, and which models it runs."""

import math
from dataclasses import dataclass, field

from puna.core.errors import InvalidRequest, NotInstalled
from puna.core.footprint import RAM, Footprint
from puna.core.subjects import RequestedModel
from puna.engines.engine import Engine, Task
from puna.engines.images.arguments import ImageArguments, Precision
from puna.engines.images.engine import ImageEngine
from puna.engines.images.weights import Weights, weights_of
from puna.engines.model import EngineModel
from puna.engines.process.process import EngineProcess
from puna.engines.settings import EngineSettings
from puna.formats.pipeline import installed, instead_of_tensors

KIND = "diffusers"
EXTRA = "images"
PROCESS_BYTES = 800 * 2**20
"""What Python, torch and diffusers take, as measured."""
WORKING_BYTES = 2 * 2**30
"""What a picture takes while it is made, with a model of full size."""
SMALL_WEIGHTS = 2**28
"""Bytes; a model with fewer draws small pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLaunch(ImageArguments):
    """The process that draws, and what only its parent has to know: the memory it is expected to take, and the
    seconds that it may stand still while it loads or be silent while it has work."""

    footprint: Footprint = field(default=Footprint(), compare=False)
    load_timeout: float = field(default=math.inf, compare=False)
    stall_timeout: float = field(default=math.inf, compare=False)

    @property
    def module(self) -> str:
        """The Python module that is the engine's process."""
        return "puna.engines.images.runner"

    def alternatives(self) -> "tuple[ImageLaunch, ...]":
        """One process uses all cores."""
        return (self,)

    async def start(self) -> Engine:
        """Load the model. Raises EngineFailed and EngineLost."""
        process = await EngineProcess.start(self, stall_seconds=self.load_timeout)
        return await ImageEngine(self, process, self.stall_timeout).ready(self.load_timeout)


def plan_images(model: EngineModel, task: Task, settings: EngineSettings) -> ImageLaunch | None:
    """How a pipeline of diffusers is launched; None for any other model.

    Raises InvalidRequest for a model that makes images and is none, NotInstalled where the packages are not there.
    """
    if task != "draw":
        return None
    if model.kind != KIND:
        raise InvalidRequest(instead_of_tensors(model.files), about=RequestedModel())
    require_installed()
    weights = weights_of(tuple(sorted(model.files.items())))
    precision, footprint = sized(weights, settings.memory)
    return ImageLaunch(
        files=tuple(sorted(model.files.items())),
        precision=precision,
        threads=model.parameters.num_thread or settings.threads,
        footprint=footprint,
        load_timeout=settings.load_timeout,
        stall_timeout=settings.stall_timeout,
    )


def require_installed() -> None:
    """Raises NotInstalled where the packages are not there."""
    if not installed():
        raise NotInstalled("Making images", EXTRA)


def sized(weights: Weights, memory: Footprint) -> tuple[Precision, Footprint]:
    """The precision on processors, and the memory that is taken. On a GPU weights have half precision, and what does
    not fit there stays in the machine's memory; on processors they have it where full precision would not fit."""
    working = WORKING_BYTES if weights.half > SMALL_WEIGHTS else 0
    if memory.gpus:
        gpu = max(memory.gpus, key=memory.__getitem__)
        there = min(weights.half + working, memory[gpu])
        return "half", Footprint({gpu: there, RAM: PROCESS_BYTES + max(0, weights.half + working - there)})
    other = PROCESS_BYTES + working
    if weights.full + other <= memory[RAM]:
        return "full", Footprint({RAM: weights.full + other})
    return "half", Footprint({RAM: weights.half + other})
