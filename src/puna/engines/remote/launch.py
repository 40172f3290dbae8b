"""How a model that runs elsewhere is launched: nothing is started here, its servers are asked what they are."""

from dataclasses import dataclass, field

from puna.core.errors import InvalidRequest
from puna.core.remote import Address, Timeouts
from puna.core.subjects import Setting
from puna.engines.engine import Engine, Task
from puna.engines.launch import Elsewhere
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings

HINTS = ("num_ctx", "num_gpu", "num_thread")


@dataclass(frozen=True, slots=True)
class RemoteLaunch(Elsewhere):
    """The addresses of a model. It takes none of this machine's memory; how much they do at once its servers say."""

    addresses: tuple[Address, ...]
    timeouts: Timeouts = field(default=Timeouts(), compare=False)

    async def start(self) -> Engine:
        """Ask the servers what they can do. Raises PeerFailed where none of them answers."""
        from puna.engines.remote.engine import RemoteEngine  # most servers have no such model

        return await RemoteEngine(self.addresses, self.timeouts).ready()


def plan_remote(model: EngineModel, task: Task, settings: EngineSettings) -> RemoteLaunch | None:
    """The launch of a model that runs elsewhere; None for one that runs here. Raises InvalidRequest for what only an
    engine here could be told."""
    if model.kind != "remote" or model.remote is None:
        return None
    for name in HINTS:
        if getattr(model.parameters, name) is not None:
            raise InvalidRequest("The server of this model decides about this setting.", about=Setting(name))
    return RemoteLaunch(model.remote.addresses, settings.remote)
