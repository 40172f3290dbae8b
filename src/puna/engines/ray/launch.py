"""How a model that a deployment of Ray Serve runs is launched: Serve has started it already."""

from dataclasses import dataclass, field
from typing import Any

from puna.engines.engine import Engine
from puna.engines.launch import Elsewhere


@dataclass(frozen=True, slots=True)
class RayLaunch(Elsewhere):
    """A deployment, by its name and its handle. It takes none of this machine's memory, and how much it does at once
    is for Serve to say."""

    name: str
    deployment: Any = field(compare=False)

    async def start(self) -> Engine:
        """The engine that asks the deployment."""
        from puna.engines.ray.engine import RayEngine  # without Ray there is none

        return RayEngine(self.deployment)
