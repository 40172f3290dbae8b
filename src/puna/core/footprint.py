"""How much memory something takes, or there is."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of this machine's memory, and of its GPUs' memory taken together."""

    ram: float = 0
    gpu: float = 0

    def __add__(self, other: "Footprint") -> "Footprint":
        return Footprint(self.ram + other.ram, self.gpu + other.gpu)

    def __sub__(self, other: "Footprint") -> "Footprint":
        return Footprint(self.ram - other.ram, self.gpu - other.gpu)

    def fits(self, room: "Footprint") -> bool:
        """Whether there is room for this."""
        return self.ram <= room.ram and self.gpu <= room.gpu

    @property
    def total(self) -> int:
        return int(self.ram + self.gpu)


UNLIMITED = Footprint(math.inf, math.inf)
