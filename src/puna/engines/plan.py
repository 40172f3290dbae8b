"""Which engine runs which model. `ENGINES` is the only list of engines: a new one is a folder and a line here."""

from collections.abc import Callable, Mapping, Sequence

from puna.core.capabilities import Capability
from puna.core.errors import InvalidRequest
from puna.core.subjects import RequestedModel
from puna.engines.encoder.launch import plan_encoder
from puna.engines.engine import Task
from puna.engines.images.launch import plan_images, require_installed
from puna.engines.launch import Launch
from puna.engines.llama.sizing import plan_llama
from puna.engines.model import EngineModel
from puna.engines.remote.launch import plan_remote
from puna.engines.settings import EngineSettings

Planner = Callable[[EngineModel, Task, EngineSettings], Launch | None]
"""Says how an engine is launched for a model and a task; None where it is not the engine for them.
The same three always lead to an equal launch."""

ENGINES: Sequence[Planner] = (plan_remote, plan_images, plan_encoder, plan_llama)
"""The first that has a launch is used."""

NEEDS: Mapping[Task, frozenset[Capability]] = {
    "chat": frozenset({"completion"}),
    "complete": frozenset({"completion"}),
    "score": frozenset({"completion"}),
    "embed": frozenset({"embedding", "completion"}),
    "draw": frozenset({"image"}),
}
"""A model can do a task if it has one of these. Models that generate embed by the mean of their tokens' states."""

VERBS: Mapping[Task, str] = {
    "chat": "chat",
    "complete": "complete text",
    "score": "score text",
    "embed": "make embeddings",
    "draw": "make images",
}
PURPOSES: Mapping[Capability, str] = {
    "embedding": "makes embeddings",
    "rerank": "ranks texts",
    "image": "makes images",
    "completion": "generates text",
}


REQUIREMENTS: Mapping[Task, Callable[[], None]] = {"draw": require_installed}
"""What raises NotInstalled where a task needs packages that are not there."""


def plan(model: EngineModel, task: Task, settings: EngineSettings, engines: Sequence[Planner] = ENGINES) -> Launch:
    """How the engine that does the task with the model is launched.

    Raises InvalidRequest where the model can't do it, or nothing here runs such a model.
    """
    if model.kind != "remote" and not NEEDS[task] & {*model.capabilities}:  # what a server can do it says itself
        purpose = next((text for capability, text in PURPOSES.items() if capability in model.capabilities), "")
        does = f" It {purpose}." if purpose else ""
        raise InvalidRequest(f"This model can't {VERBS[task]}.{does}", about=RequestedModel())
    for planned in engines:
        launch = planned(model, task, settings)
        if launch is not None:
            return launch
    raise InvalidRequest(f"No engine here runs models of the format '{model.kind}'.", about=RequestedModel())
