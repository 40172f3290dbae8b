"""How much memory something takes, or there is, on each device."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

RAM = "ram"
"""The device that is the machine's own memory. GPUs are named `gpu0`, `gpu1`, …"""


def gpu_name(number: int) -> str:
    """The name of the GPU that the engine counts as that number."""
    return f"gpu{number}"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes by the device's name. `elsewhere` is what holds for every device that is not named: 0, or infinite for a
    limit that is none. A footprint without devices takes nothing."""

    devices: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0

    def __hash__(self) -> int:
        return hash((frozenset(self.devices.items()), self.elsewhere))

    def __getitem__(self, device: str) -> float:
        return self.devices.get(device, self.elsewhere)

    def __add__(self, other: "Footprint") -> "Footprint":
        names = {**self.devices, **other.devices}
        return Footprint({name: self[name] + other[name] for name in names}, self.elsewhere + other.elsewhere)

    def __sub__(self, other: "Footprint") -> "Footprint":
        names = {**self.devices, **other.devices}
        return Footprint({name: self[name] - other[name] for name in names}, self.elsewhere - other.elsewhere)

    def fits(self, room: "Footprint") -> bool:
        """Whether there is room for this on each device."""
        return all(size <= room[device] for device, size in self.devices.items())

    @property
    def takes_nothing(self) -> bool:
        """Whether it takes no memory of this machine, as an engine on another one does."""
        return not any(self.devices.values())

    @property
    def ram(self) -> float:
        """Bytes of the machine's own memory."""
        return self[RAM]

    @property
    def gpu(self) -> float:
        """Bytes of all GPUs together."""
        return sum(size for device, size in self.devices.items() if device != RAM)

    @property
    def gpus(self) -> tuple[str, ...]:
        """The names of the GPUs in it, in order."""
        return tuple(device for device in self.devices if device != RAM)

    @property
    def total(self) -> int:
        """Bytes of all devices together."""
        return int(sum(self.devices.values()))


def total(footprints: Iterable[Footprint]) -> Footprint:
    """All of them together."""
    return sum(footprints, Footprint())


UNLIMITED = Footprint(elsewhere=math.inf)
"""As much as anybody could want of every device."""
