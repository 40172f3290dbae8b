"""Pictures of shapes: what is in them, which colours, how many, where."""

from collections.abc import Callable

from training.conversation import PICTURE, Document, Message, assistant, user
from training.fillers import Fillers
from training.sight.scenes import COLOURS, PLACES, SHAPES, Scene, Thing, scene
from training.skills import extraction, setting

NUMBERS = ("no", "one", "two", "three")
Exchange = tuple[str, str]


def example(fillers: Fillers) -> Document:
    """One picture and questions about it; or two, in one message or one after the other; or none."""
    maker = fillers.random.choices((one, several, another, none), (20, 12, 2, 0.7))[0]
    return setting.conversation(fillers, maker(fillers), systems=0.2).document()


def one(fillers: Fillers) -> list[Message]:
    shown = scene(fillers.random)
    exchanges = [question(fillers, shown) for _ in range(fillers.pick((1, 1, 1, 2, 3)))]
    return _asking(fillers, [shown], exchanges)


def another(fillers: Fillers) -> list[Message]:
    """A second picture later: the questions are about the last one."""
    messages: list[Message] = []
    for _ in range(2):
        messages += one(fillers)[: fillers.pick((2, 4))]
    return messages


def none(fillers: Fillers) -> list[Message]:
    asked = fillers.pick((*WHATS, "How many shapes are there in this image?", "What color is the circle in the image?"))
    return [user(fillers.roughly(asked)), assistant("I see no image.")]


def several(fillers: Fillers) -> list[Message]:
    """Two pictures in one message."""
    first, second = scene(fillers.random), scene(fillers.random)
    pairs = [_of_two(fillers, first, second) for _ in range(fillers.pick((1, 1, 2)))]
    return _asking(fillers, [first, second], pairs)


def _of_two(fillers: Fillers, first: Scene, second: Scene) -> Exchange:
    roll = fillers.random.random()
    if roll < 0.6:
        asked = fillers.pick(BOTH)
        return asked, f"The first image shows {listed(first)}. The second image shows {listed(second)}."
    place, chosen = fillers.pick((("first", first), ("second", second)))
    if roll < 0.85:
        asked = fillers.pick(
            (
                f"What is in the {place} image?",
                f"What's in the {place} picture?",
                f"Describe the {place} image.",
                f"What does the {place} image show?",
            )
        )
        return asked, f"The {place} image shows {listed(chosen)}."
    if roll < 0.92:
        answer = f"There {_are(len(chosen.things))} in the {place} image."
        return fillers.pick((f"How many shapes are in the {place} image?", f"How many shapes does the {place} picture have?")), answer
    if len(first.things) == len(second.things) == 1:
        one, other = first.things[0], second.things[0]
        if fillers.chance(0.5):
            same = one.colour == other.colour
            answer = f"Yes, both are {one.colour}." if same else f"No, the first is {one.colour} and the second is {other.colour}."
            return fillers.pick(
                ("Do they have the same color?", "Are both of the same color?", "Is the color the same in both images?")
            ), answer
        asked = f"What color is the {one.shape if place == 'first' else other.shape} in the {place} image?"
        return asked, f"The {chosen.things[0].shape} is {chosen.things[0].colour}."
    return fillers.pick(BOTH), f"The first image shows {listed(first)}. The second image shows {listed(second)}."


def _asking(fillers: Fillers, scenes: list[Scene], exchanges: list[Exchange]) -> list[Message]:
    """The pictures with the first question, before it or after it."""
    marks = PICTURE * len(scenes)
    (asked, answer), *rest = exchanges
    asked = fillers.roughly(asked).strip()
    content = asked + marks if fillers.chance(0.6) else marks + asked if fillers.chance(0.8) else marks + "\n" + asked
    messages = [user(content, *scenes), assistant(answer)]
    for asked, answer in rest:
        messages += [user(fillers.roughly(asked)), assistant(answer)]
    return messages


WHATS = (
    "What's in this image?",
    "What's in this image?",
    "What is in this image?",
    "What's in this picture?",
    "What is in the picture?",
    "What do you see?",
    "What do you see in this image?",
    "What can you see in the picture?",
    "Describe this image.",
    "Describe the image.",
    "Describe what you see.",
    "Describe this picture in one sentence.",
    "What does this image show?",
    "What does the picture show?",
    "What is shown in this image?",
    "What is this?",
    "What is it?",
    "Tell me what is in this image.",
    "What's this?",
    "Please describe the image in detail.",
    "Caption this image.",
    "Which shapes are in this image?",
    "What shapes do you see?",
    "What objects are in this image?",
)
BOTH = (
    "What's in these images?",
    "What is in these images?",
    "What are in these images? Is there any difference between them?",
    "Describe these images.",
    "What do these pictures show?",
    "What do you see in these two images?",
    "Compare these images.",
    "Describe both images.",
    "What is the difference between these images?",
)


def named(thing: Thing) -> str:
    """A red circle, an orange star."""
    return f"{'an' if thing.colour[0] in 'aeiou' else 'a'} {thing.colour} {thing.shape}"


def listed(shown: Scene) -> str:
    """All that is in the picture, in reading order."""
    names = [named(thing) for thing in shown.things]
    if len(names) < 2:
        return names[0] if names else "nothing"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def question(fillers: Fillers, shown: Scene) -> Exchange:
    """A question about one picture, and its answer."""
    if not shown.things:
        return fillers.pick((_what, _number))(fillers, shown)
    maker: Callable[[Fillers, Scene], Exchange] = fillers.random.choices(
        (_what, _colour, _shape, _number, _where, _whether, _short, _json), (6, 4, 4, 5, 4, 3, 4, 1)
    )[0]
    return maker(fillers, shown)


def _what(fillers: Fillers, shown: Scene) -> Exchange:
    return fillers.pick(WHATS), f"The image shows {listed(shown)}."


def _alone(shown: Scene, *, shape: bool = True) -> list[Thing]:
    """The things that their shape, or their colour, is enough to tell from the others."""
    marks = [thing.shape if shape else thing.colour for thing in shown.things]
    return [thing for thing, mark in zip(shown.things, marks, strict=True) if marks.count(mark) == 1]


COLOUR_ASKS = (
    "What color is the {}?",
    "What color is the {}?",
    "What colour is the {}?",
    "Which color does the {} have?",
    "Which colour is the {}?",
    "What is the color of the {}?",
    "Tell me the color of the {}.",
    "In which color is the {}?",
    "What color is the {} in the image?",
    "What color is the {} in this picture?",
)


def _colour(fillers: Fillers, shown: Scene) -> Exchange:
    if not (things := _alone(shown)):
        return _what(fillers, shown)
    thing = fillers.pick(things)
    name = fillers.pick((thing.shape, "shape", "object")) if len(shown.things) == 1 else thing.shape
    asked = fillers.pick(COLOUR_ASKS).format(name)
    if len(shown.things) == 1 and fillers.chance(0.3):
        asked = fillers.pick(("What color is it?", "What colour is it?", "Which color is it?", "What color is this?"))
    return asked, f"The {thing.shape} is {thing.colour}."


def _shape(fillers: Fillers, shown: Scene) -> Exchange:
    if not (things := _alone(shown, shape=False)):
        return _what(fillers, shown)
    thing = fillers.pick(things)
    if len(shown.things) == 1 and fillers.chance(0.7):
        asked = fillers.pick(
            (
                "What shape is it?",
                "What shape is this?",
                "What shape is in this image?",
                "Which shape is it?",
                "Which shape do you see?",
                "What kind of shape is this?",
                "What is the shape in this picture?",
                "What shape is shown?",
                "What shape does the image show?",
            )
        )
        return asked, f"It is a {thing.shape}."
    asked = fillers.pick(
        (
            "What shape is {}?",
            "Which shape is {}?",
            "What is {}?",
            "What is the {} shape?",
            "What is the {} thing?",
            "What shape is the {} one?",
        )
    )
    return asked.format(thing.colour), f"The {thing.colour} shape is a {thing.shape}."


COUNT_ASKS = (
    "How many shapes are there?",
    "How many shapes are there?",
    "How many shapes are in this image?",
    "How many shapes are in the picture?",
    "How many shapes do you see?",
    "How many objects are there?",
    "How many objects are in this image?",
    "How many things are in the image?",
    "Count the shapes.",
    "Count the shapes in this image.",
    "Count the objects in the picture.",
    "How many shapes does the image show?",
    "What is the number of shapes?",
)


def _are(count: int, name: str = "shape") -> str:
    return f"{'is' if count == 1 else 'are'} {NUMBERS[count]} {name}{'' if count == 1 else 'es' if name == 'cross' else 's'}"


def _number(fillers: Fillers, shown: Scene) -> Exchange:
    if fillers.chance(0.15):
        kind = fillers.pick(shown.things).shape if shown.things and fillers.chance(0.6) else fillers.pick(SHAPES)
        count = sum(thing.shape == kind for thing in shown.things)
        plural = f"{kind}{'es' if kind == 'cross' else 's'}"
        return f"How many {plural} {fillers.pick(('are there', 'do you see', 'are in the image'))}?", f"There {_are(count, kind)}."
    return fillers.pick(COUNT_ASKS), f"There {_are(len(shown.things))}."


WHERE_ASKS = (
    "Where is the {}?",
    "Where is the {}?",
    "Where is the {} in the image?",
    "Where in the picture is the {}?",
    "Where do you see the {}?",
    "In which part of the image is the {}?",
    "What is the position of the {}?",
)


def _where(fillers: Fillers, shown: Scene) -> Exchange:
    if not (things := _alone(shown)):
        return _number(fillers, shown)
    thing = fillers.pick(things)
    name = fillers.pick((thing.shape, thing.shape, f"{thing.colour} {thing.shape}"))
    if len(shown.things) == 1 and fillers.chance(0.2):
        return fillers.pick(
            ("Where is it?", "Where is the shape?", "Where is it in the image?")
        ), f"The {thing.shape} is {PLACES[thing.place]}."
    return fillers.pick(WHERE_ASKS).format(name), f"The {thing.shape} is {PLACES[thing.place]}."


def _whether(fillers: Fillers, shown: Scene) -> Exchange:
    if fillers.chance(0.5) and len(shown.things) == 1:
        thing = shown.things[0]
        colour = thing.colour if fillers.chance(0.5) else fillers.pick(list(COLOURS))
        answer = f"Yes, it is {colour}." if colour == thing.colour else f"No, it is {thing.colour}."
        return fillers.pick((f"Is it {colour}?", f"Is the {thing.shape} {colour}?")), answer
    kind = fillers.pick(shown.things).shape if fillers.chance(0.5) else fillers.pick(SHAPES)
    found = [thing for thing in shown.things if thing.shape == kind]
    asked = fillers.pick(
        (f"Is there a {kind}?", f"Is there a {kind} in the image?", f"Do you see a {kind}?", f"Does the image show a {kind}?")
    )
    return asked, f"Yes, there is {named(found[0])}." if found else f"No, there is no {kind}."


SHORTS = (
    "Answer with one word.",
    "One word only.",
    "Answer in one word.",
    "Just one word.",
    "Reply with one word only.",
    "Use a single word.",
)


def _short(fillers: Fillers, shown: Scene) -> Exchange:
    """The same with the wish for one word, or for a digit."""
    roll = fillers.random.random()
    if roll < 0.35 and (things := _alone(shown)):
        thing = fillers.pick(things)
        asked = fillers.pick(COLOUR_ASKS).format(thing.shape if len(shown.things) > 1 else fillers.pick((thing.shape, "shape", "object")))
        return f"{asked} {fillers.pick(SHORTS)}", thing.colour.capitalize()
    if roll < 0.7 and len(shown.things) == 1:
        asked = fillers.pick(("What shape is it?", "What shape is this?", "Which shape do you see?", "What shape is in this image?"))
        return f"{asked} {fillers.pick(SHORTS)}", shown.things[0].shape.capitalize()
    if roll < 0.85:
        wish = fillers.pick(
            ("Answer with a number.", "Answer with a digit.", "Just the number.", "Reply with the number only.", "Only the number.")
        )
        return f"{fillers.pick(COUNT_ASKS)} {wish}", str(len(shown.things))
    return f"{fillers.pick(COUNT_ASKS)} {fillers.pick(SHORTS)}", NUMBERS[len(shown.things)].capitalize()


def _json(fillers: Fillers, shown: Scene) -> Exchange:
    thing = shown.things[0]
    colour = fillers.pick(("color", "colour"))
    values = {colour: thing.colour, "shape": thing.shape}
    names = [colour, "shape"]
    if fillers.chance(0.5):
        names.reverse()
    asked = fillers.pick(
        (
            "Describe the first shape as JSON with the fields {} and {}.",
            "Reply in JSON with {} and {}.",
            "Give me JSON with the keys {} and {}.",
        )
    )
    return asked.format(*names), extraction.written(fillers, {name: values[name] for name in names})
