"""What pictures show: one to three shapes, anywhere."""

import math
from dataclasses import dataclass
from random import Random

COLOURS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((255, 0, 0), (220, 30, 30), (200, 0, 0), (230, 45, 45)),
    "green": ((0, 128, 0), (0, 200, 0), (0, 255, 0), (30, 160, 60), (50, 205, 50)),
    "blue": ((0, 0, 255), (30, 70, 220), (0, 0, 180), (40, 90, 235)),
    "yellow": ((255, 255, 0), (250, 220, 20), (255, 235, 59)),
    "orange": ((255, 165, 0), (255, 140, 0), (250, 130, 20)),
    "purple": ((128, 0, 128), (140, 40, 170), (110, 30, 160), (148, 0, 211)),
    "pink": ((255, 192, 203), (255, 105, 180), (255, 150, 190)),
    "brown": ((165, 42, 42), (139, 69, 19), (120, 70, 35), (110, 55, 30)),
    "black": ((0, 0, 0), (15, 15, 15), (25, 25, 25)),
    "white": ((255, 255, 255), (245, 245, 245)),
    "gray": ((128, 128, 128), (150, 150, 150), (110, 110, 110), (169, 169, 169)),
    "cyan": ((0, 255, 255), (0, 220, 230), (64, 224, 208)),
}
"""The colours' names, and what goes by them."""
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
PLACES = (
    "at the top left",
    "at the top",
    "at the top right",
    "on the left",
    "in the middle",
    "on the right",
    "at the bottom left",
    "at the bottom",
    "at the bottom right",
)
GRID = 7
"""How many patches the edge of a picture has."""
MIDDLE = (0.38, 0.62)
"""Where the middle begins and ends, in parts of the edge."""
JITTER = 8


@dataclass(frozen=True, slots=True)
class Thing:
    """A shape: its middle in parts of the picture's edges, its radius in parts of the shorter one."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float

    @property
    def place(self) -> int:
        """In which of the nine parts of the picture it is."""
        return 3 * _third(self.y) + _third(self.x)


def _third(value: float) -> int:
    return (value >= MIDDLE[0]) + (value > MIDDLE[1])


@dataclass(frozen=True, slots=True)
class Scene:
    """The things in the order of their patches, and how wide the picture is for its height."""

    things: tuple[Thing, ...]
    aspect: float = 1.0

    def middle(self, thing: Thing) -> tuple[float, float]:
        """Where the thing is in the square that the engine makes of the picture."""
        return 0.5 + (thing.x - 0.5) * min(1.0, self.aspect), 0.5 + (thing.y - 0.5) * min(1.0, 1 / self.aspect)

    def patch(self, thing: Thing) -> int:
        """The patch that the thing's middle is in."""
        x, y = self.middle(thing)
        return GRID * int(y * GRID) + int(x * GRID)


def scene(random: Random, count: int | None = None) -> Scene:
    """Any scene, or one of so many things."""
    if count is None:
        count = random.choices((0, 1, 2, 3), (0.02, 0.48, 0.25, 0.25))[0]
    aspect = 1.0
    if random.random() < 0.25:
        aspect = random.uniform(0.55, 1.8)
    largest = (0.46, 0.46, 0.3, 0.24)[count]
    things: list[Thing] = []
    for _ in range(200):
        if len(things) == count:
            break
        radius = random.uniform(0.1 if count > 1 else 0.12, largest)
        across, down = _edge(radius, aspect)
        thing = Thing(
            random.choice(SHAPES),
            random.choice(list(COLOURS)),
            random.uniform(across, 1 - across),
            random.uniform(down, 1 - down),
            radius,
        )
        if all(_apart(thing, other, aspect) for other in things):
            things.append(thing)
    return Scene(tuple(sorted(things, key=Scene((), aspect).patch)), aspect)


def _edge(radius: float, aspect: float) -> tuple[float, float]:
    """How far its middle is from the left and from the top at least."""
    return radius / max(aspect, 1), radius * min(aspect, 1)


def _apart(one: Thing, other: Thing, aspect: float) -> bool:
    across, down = (one.x - other.x) * max(aspect, 1), (one.y - other.y) / min(aspect, 1)
    return math.hypot(across, down) > (one.radius + other.radius) * 1.03
