"""How engines are started."""

from collections.abc import Hashable, Sequence
from typing import Protocol, Self

from puna.core.capacity import Capacity
from puna.core.footprint import Footprint
from puna.engines.engine import Engine


class Launch(Hashable, Protocol):
    """Everything that shapes an engine, and the way to have one. Equal launches share one engine."""

    @property
    def capacity(self) -> Capacity:
        """What the engine is expected to do at once."""

    @property
    def footprint(self) -> Footprint:
        """The memory it is expected to take. An engine that takes nothing is not counted among those in memory, never
        has to make room, and is never unloaded for being idle."""

    def alternatives(self) -> "Sequence[Launch]":
        """The launches of engines that do the same work, this one among them."""

    async def start(self) -> Engine:
        """Start it, and return when it can be asked.

        Raises:
            EngineFailed: it can't be started.
            EngineLost: it ended while it was started, and another try may do.
        """


class Elsewhere:
    """What a launch says whose engine asks other machines: it takes none of this one's memory, how much is done at
    once is for them to say, and no other engine here would do the same."""

    __slots__ = ()

    @property
    def capacity(self) -> Capacity:
        return Capacity()

    @property
    def footprint(self) -> Footprint:
        return Footprint()

    def alternatives(self) -> Sequence[Self]:
        return (self,)
