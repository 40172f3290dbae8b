"""Cases of pictures, drawn with Pillow in sizes and on backgrounds of their own: another hand than training's."""

import base64
import math
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from training.evaluation.cases import Case, chat
from training.evaluation.engine import Body, Reply
from training.sight.scenes import PLACES, SHAPES, Scene, Thing, scene

PAINT = {
    "red": ("red", "#dc143c", "#e03030"),
    "green": ("green", "#228b22", "#2ecc40"),
    "blue": ("blue", "#4169e1", "#0000cd"),
    "yellow": ("yellow", "#ffdd00"),
    "orange": ("orange", "#ff8c00"),
    "purple": ("purple", "#8e44ad"),
    "pink": ("pink", "#ff69b4"),
    "brown": ("#8b4513", "#7b4a2b"),
    "black": ("black", "#111111"),
    "white": ("white", "#f8f8f8"),
    "gray": ("gray", "#999999"),
    "cyan": ("cyan", "#40e0d0"),
}
GROUNDS = (
    "white",
    "black",
    "#f0f0f0",
    "#202030",
    "lightblue",
    "beige",
    "lightgreen",
    "navy",
    "darkgreen",
    "lavender",
    "maroon",
    "#ffe4c4",
    "#777777",
)


def picture(random: Random, shown: Scene) -> Image.Image:
    """The scene on a plain or a noisy background that is not like any of its things."""
    shorter = random.randint(64, 640)
    size = (round(shorter * max(1, shown.aspect)), round(shorter / min(1, shown.aspect)))
    colours = [random.choice(PAINT[thing.colour]) for thing in shown.things]
    while True:
        image = Image.new("RGB", size, random.choice(GROUNDS))
        ground = image.getpixel((0, 0))
        assert isinstance(ground, tuple)
        if all(math.dist(ground, _rgb(colour)) > 110 for colour in colours):
            break
    if random.random() < 0.4:
        noise = Image.effect_noise(size, random.uniform(10, 60)).convert("RGB")
        image = Image.blend(image, noise, random.uniform(0.05, 0.2))
    fine = image.resize((size[0] * 2, size[1] * 2))
    draw = ImageDraw.Draw(fine)
    for thing, colour in zip(shown.things, colours, strict=True):
        _paint(draw, thing, colour, fine.size, random)
    return fine.resize(size, Image.Resampling.LANCZOS) if random.random() < 0.7 else fine


def _rgb(colour: str) -> tuple[int, ...]:
    pixel = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


def _paint(draw: ImageDraw.ImageDraw, thing: Thing, colour: str, size: tuple[int, int], random: Random) -> None:
    x, y, radius = thing.x * size[0], thing.y * size[1], thing.radius * min(size)
    box = (x - radius, y - radius, x + radius, y + radius)
    if thing.shape == "circle":
        draw.ellipse(box, fill=colour)
    elif thing.shape == "ring":
        draw.ellipse(box, outline=colour, width=round(radius * random.uniform(0.27, 0.45)))
    else:
        draw.polygon(_corners(thing.shape, x, y, radius, random.choice((0.0, random.uniform(0, math.tau)))), fill=colour)


def _corners(shape: str, x: float, y: float, radius: float, turn: float) -> list[tuple[float, float]]:
    """The corners of a shape, whose first one points up before it is turned."""
    if shape == "cross":
        wide = 0.27
        arm = [(-wide, -0.95), (wide, -0.95), (wide, -wide)]
        points = [(a * c - b * s, a * s + b * c) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1)) for a, b in arm]
    elif shape == "square":
        points = [(-0.78, -0.78), (0.78, -0.78), (0.78, 0.78), (-0.78, 0.78)]
    else:
        reaches = (1.0,) if shape == "triangle" else (1.0, 0.42)
        count = 3 if shape == "triangle" else 10
        points = [
            (reaches[k % len(reaches)] * math.sin(math.tau * k / count), -reaches[k % len(reaches)] * math.cos(math.tau * k / count))
            for k in range(count)
        ]
    cosine, sine = math.cos(turn) * radius, math.sin(turn) * radius
    return [(x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in points]


def data_uri(image: Image.Image, form: str = "PNG") -> str:
    buffer = BytesIO()
    image.save(buffer, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def about(asked: str, *images: Image.Image) -> Body:
    """A message with pictures, as OpenAI's API takes it."""
    parts: list[Body] = [{"type": "image_url", "image_url": {"url": data_uri(image)}} for image in images]
    return {"role": "user", "content": [{"type": "text", "text": asked}, *parts]}


def _says(*words: str) -> Callable[[Reply], bool]:
    """It has these words, and no other colour or shape."""

    def right(reply: Reply) -> bool:
        said = set(reply.content.lower().replace(".", " ").replace(",", " ").split())
        return set(words) <= said and not (said & {*PAINT, *SHAPES}) - set(words)

    return right


def _contains(*words: str) -> Callable[[Reply], bool]:
    return lambda reply: all(word in reply.content.lower() for word in words)


def cases(random: Random, count: int) -> Iterator[Case]:
    for number in range(count):
        shown = scene(random, 1)
        thing = shown.things[0]
        image = picture(random, shown)
        yield _case("picture: shape and colour", about("What's in this image?", image), _says(thing.colour, thing.shape), shown)
        asked = ("Name the color of this shape.", f"Which color has the {thing.shape} got?", "Can you tell me what colour it is?")[
            number % 3
        ]
        yield _case("picture: colour", about(asked, image), _contains(thing.colour), shown)
        asked = ("Can you tell which shape that is?", "What shape can be seen here?", "Name the shape.")[number % 3]
        yield _case("picture: shape", about(asked, image), _contains(thing.shape), shown)
        yield _case("picture: where", about(f"Where is the {thing.shape}?", image), _contains(PLACES[thing.place] + "."), shown)
    for number in range(count):
        shown = scene(random, 1 + number % 3)
        asked = ("How many shapes are there?", "How many shapes can you count in this picture?")[number % 2]
        word = ("one", "two", "three")[len(shown.things) - 1]
        yield _case("picture: how many", about(asked, picture(random, shown)), _contains(word), shown)
    for _ in range(count):
        first, second = scene(random, 1), scene(random, 1)
        body = about("What's in these images?", picture(random, first), picture(random, second))
        yield _case("two pictures", body, _ordered(first.things[0], second.things[0]), first)


def _ordered(*things: Thing) -> Callable[[Reply], bool]:
    def right(reply: Reply) -> bool:
        parts = reply.content.lower().split(".")
        return all(f"{thing.colour} {thing.shape}" in part for thing, part in zip(things, parts, strict=False))

    return right


def _case(skill: str, body: Body, right: Callable[[Reply], bool], shown: Scene) -> Case:
    things = ", ".join(f"{thing.colour} {thing.shape} {PLACES[thing.place]} {thing.radius:.2f}" for thing in shown.things)
    asked = f"{body['content'][0]['text']} ({things})"
    return Case(skill, asked, chat(skill, [body], right).trial)
