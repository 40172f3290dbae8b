"""What people write when they want a shape, and the drawing that they mean."""

import random

from training import lists
from training.fillers import CODAS, NUCLEI, ONSETS
from training.pictures.colours import BACKGROUNDS, COLOURS, SHAPES
from training.pictures.shapes import Drawing, any_drawing

SYNONYMS = {
    "circle": ("circle", "circle", "circle", "circle", "disc", "disk", "ball", "dot"),
    "square": ("square", "square", "square", "square", "box"),
    "triangle": ("triangle",),
}
SIZES = {"small": (0.16, 0.21), "little": (0.16, 0.21), "big": (0.36, 0.43), "large": (0.36, 0.43)}
USUAL_SIZE = (0.27, 0.33)
OPENINGS = (
    *("a ", "a ", "a ", "a ", "", "", "one ", "the ", "a picture of a ", "an image of a ", "draw a ", "a drawing of a "),
    *("please draw a ", "paint a ", "i want a ", "show me a ", "a photo of a ", "create an image of a ", "just a "),
)


def any_prompt(chance: random.Random) -> tuple[str, Drawing]:
    """A prompt and what it means. What a prompt does not say, or says of other things, is left to chance."""
    shape, colour = chance.choice(SHAPES), chance.choice(list(COLOURS))
    background = "white"
    size = ""
    said = chance.random()
    if said < 0.06:
        words = _something_else(chance)
        colour = "red" if chance.random() < 0.2 else colour
    elif said < 0.10:
        words = chance.choice(OPENINGS) + chance.choice(SYNONYMS[shape])
    elif said < 0.13:
        words = f"{_something_else(chance)} in {colour}" if chance.random() < 0.5 else f"something {colour}"
    else:
        size = chance.choice(list(SIZES)) if chance.random() < 0.15 else ""
        words = _shape(chance, shape, colour, size)
        if chance.random() < 0.3:
            background = chance.choice(["white", *BACKGROUNDS, *(name for name in COLOURS if name != colour)])
            words += chance.choice((" on a {} background", " on {}", ", {} background", " in front of a {} wall")).format(background)
        elif chance.random() < 0.12:
            words += f" {chance.choice(('for', 'with', 'and', 'by'))} {_something_else(chance)}"
    words += chance.choice(("", "", "", ".", "!"))
    return words, any_drawing(chance, shape, colour, background, chance.uniform(*SIZES.get(size, USUAL_SIZE)))


def _shape(chance: random.Random, shape: str, colour: str, size: str) -> str:
    name = chance.choice(SYNONYMS[shape])
    sized = f"{size} " if size else ""
    way = chance.random()
    if way < 0.8:
        opening = chance.choice(OPENINGS)
        if opening.endswith("a ") and not sized and colour == "orange":
            opening = opening[:-1] + "n "
        return f"{opening}{sized}{colour} {name}"
    if way < 0.9:
        return f"a {sized}{name} that is {colour}"
    return f"a {sized}{name}, {colour}" if way < 0.95 else f"a {sized}{name} in {colour}"


def _something_else(chance: random.Random) -> str:
    return " ".join(_word(chance) for _ in range(chance.randint(1, 6)))


def _word(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(WORDS)
    return "".join(chance.choice(ONSETS) + chance.choice(NUCLEI) + chance.choice(CODAS) for _ in range(chance.randint(1, 2)))


WORDS = sorted(
    {
        word.lower()
        for names in (lists.NAMES, lists.ANIMALS, lists.CITIES)
        for name in names
        for word in name.split()
        if word.lower() not in COLOURS
    }
    | set("a the of my your cute robot learning to paint house tree with very nice old new sunset over sea night sky photo".split())
)
