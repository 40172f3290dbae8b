"""What the tower tells the language model of a picture: for each of its patches, how much of each notion is there.

Each patch has the colour, the shape and the place of the thing whose middle is nearest, and the number of things; the
patch that holds a middle is marked. So little needs to be looked for. The language model learns a vector for each
notion and reads their sums; the tower's projector learns to write them.
"""

from random import Random

import numpy as np
from numpy.typing import NDArray

from training.sight.scenes import COLOURS, GRID, PLACES, SHAPES, Scene, Thing

PATCHES = GRID * GRID
MOST = 3
"""How many things a picture has at most."""

COLOUR = 0
SHAPE = COLOUR + len(COLOURS)
PLACE = SHAPE + len(SHAPES)
NUMBER = PLACE + len(PLACES)
MIDDLE = NUMBER + MOST + 1
NOTIONS = MIDDLE + 1
COLOUR_NAMES = tuple(COLOURS)
WORDS = (*COLOUR_NAMES, *SHAPES, *PLACES, "nothing", "one", "two", "three", "here")
"""What each notion is called."""

Code = NDArray[np.float32]


def notions(thing: Thing) -> tuple[int, int, int]:
    """Its colour, shape and place."""
    return COLOUR + COLOUR_NAMES.index(thing.colour), SHAPE + SHAPES.index(thing.shape), PLACE + thing.place


def code(scene: Scene) -> Code:
    """How much of each notion each patch has."""
    written = np.zeros((PATCHES, NOTIONS), np.float32)
    written[:, NUMBER + len(scene.things)] = 1
    if scene.things:
        owners = nearest(scene)
        for number, thing in enumerate(scene.things):
            written[np.ix_(owners == number, notions(thing))] = 1
            written[scene.patch(thing), MIDDLE] = 1
    return written


def nearest(scene: Scene) -> NDArray[np.int64]:
    """For each patch the number of the thing whose middle is nearest."""
    centres = (np.arange(GRID) + 0.5) / GRID
    middles = np.array([scene.middle(thing) for thing in scene.things])
    across = centres[None, :, None] - middles[:, 0]
    down = centres[:, None, None] - middles[:, 1]
    found: NDArray[np.int64] = (across**2 + down**2).argmin(2).flatten()
    return found


def uncertain(random: Random, scene: Scene) -> Code:
    """The code as a tower would write it that is not quite sure."""
    written = code(scene)
    for first, count in ((COLOUR, len(COLOURS)), (SHAPE, len(SHAPES)), (PLACE, len(PLACES)), (NUMBER, MOST + 1)):
        if scene.things and random.random() < 0.4:
            doubt = random.uniform(0, 0.35)
            written[:, first : first + count] *= 1 - doubt
            written[:, first + random.randrange(count)] += doubt
    noise = np.random.default_rng(random.getrandbits(32)).standard_normal(written.shape, np.float32)
    return written + noise * random.uniform(0, 0.06)
