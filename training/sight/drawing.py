"""Drawing scenes, many at once, as the engine's preprocessing leaves them: squares of `SIZE` pixels, and bands of its
own colour where the picture was no square."""

import math
from random import Random

import torch
from torch import Tensor

from training.sight.scenes import COLOURS, JITTER, SHAPES, Scene, Thing

SIZE = 56
BAND = (122, 116, 104)
"""What llama.cpp fills up with what is no square, for this layout."""
CONTRAST = 85.0
"""How far apart the colours of a thing and of what is behind it are at least."""
CENTRES = (torch.arange(SIZE) + 0.5) / SIZE


def draw(random: Random, scenes: list[Scene]) -> Tensor:
    """The pictures (count, 3, SIZE, SIZE), from 0 to 255."""
    colours = [[_shade(random, thing.colour) for thing in scene.things] for scene in scenes]
    pictures = torch.stack([_behind(random, shades) for shades in colours])
    for shape in SHAPES:
        found = [
            (number, scene, thing, shade)
            for number, (scene, shades) in enumerate(zip(scenes, colours, strict=True))
            for thing, shade in zip(scene.things, shades, strict=True)
            if thing.shape == shape
        ]
        if found:
            inside = _inside(random, shape, [(scene, thing) for _, scene, thing, _ in found])[:, None]
            paint = torch.tensor([shade for *_, shade in found])[:, :, None, None]
            numbers = torch.tensor([number for number, *_ in found])
            pictures.index_add_(0, numbers, inside * (paint - pictures[numbers]))
    for number, scene in enumerate(scenes):
        _band(pictures[number], scene.aspect)
    return pictures.clamp(0, 255).round()


def _shade(random: Random, colour: str) -> tuple[float, float, float]:
    anchors = COLOURS[colour]
    one, other, part = random.choice(anchors), random.choice(anchors), random.choice((0.0, random.random()))
    jitter = random.choice((0, JITTER))
    red, green, blue = (min(255.0, max(0.0, a + (b - a) * part + random.uniform(-jitter, jitter))) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _behind(random: Random, shades: list[tuple[float, float, float]]) -> Tensor:
    """A background that the things can be seen on: plain, or fading, or noisy."""
    noise = random.choice((0.0, 0.0, random.uniform(3, 30)))
    base = _ground(random, shades, noise)
    ground = torch.tensor(base)[:, None, None].expand(3, SIZE, SIZE).clone()
    generator = torch.Generator().manual_seed(random.getrandbits(32))
    if random.random() < 0.15:
        ramp = CENTRES - 0.5
        ground += random.uniform(-30, 30) * (ramp[:, None] if random.random() < 0.5 else ramp[None, :])
    if noise:
        grain = random.choice((1, 1, 2, 4, 7))
        channels = random.choice((1, 3))
        small = torch.randn(1, channels, SIZE // grain, SIZE // grain, generator=generator) * noise
        mode = random.choice(("nearest", "bilinear"))
        ground += torch.nn.functional.interpolate(small, size=(SIZE, SIZE), mode=mode)[0]
    return ground


def _ground(random: Random, shades: list[tuple[float, float, float]], noise: float) -> tuple[float, float, float]:
    for _ in range(100):
        roll = random.random()
        if roll < 0.3:
            base = (255.0,) * 3
        elif roll < 0.4:
            base = (0.0,) * 3
        elif roll < 0.5:
            base = (random.uniform(0, 255),) * 3
        elif roll < 0.7:
            base = tuple(random.uniform(190, 255) for _ in range(3))
        elif roll < 0.8:
            base = _shade(random, random.choice(list(COLOURS)))
        else:
            base = tuple(random.uniform(0, 255) for _ in range(3))
        if all(math.dist(base, shade) > CONTRAST + noise for shade in shades):
            break
    red, green, blue = base
    return red, green, blue


def _inside(random: Random, shape: str, found: list[tuple[Scene, Thing]]) -> Tensor:
    """How much of each pixel is inside of the shape; things of one shape, each in its own picture."""
    x, y, radius, turn, style, soft = (
        torch.tensor(values)[:, None, None] for values in zip(*(_placed(random, scene, thing) for scene, thing in found), strict=True)
    )
    across, down = (CENTRES[None, None, :] - x) / radius, (CENTRES[None, :, None] - y) / radius
    right = across * turn.cos() + down * turn.sin()
    below = down * turn.cos() - across * turn.sin()
    return (0.5 - distance(shape, right, below, style) * radius * SIZE / soft).clamp(0, 1)


def _placed(random: Random, scene: Scene, thing: Thing) -> tuple[float, float, float, float, float, float]:
    """Its middle and radius in the square, how far it is turned, its style from 0 to 1, and how soft its edge is."""
    x, y = scene.middle(thing)
    shorter = min(scene.aspect, 1 / scene.aspect)
    turn = random.choice((0.0, random.uniform(-0.3, 0.3), random.uniform(0, 2 * math.pi)))
    return x, y, thing.radius * shorter, turn, random.random(), random.uniform(0.7, 1.8)


def distance(shape: str, x: Tensor, y: Tensor, style: Tensor) -> Tensor:
    """About how far a point is outside of the shape of radius 1, negative inside; y points down."""
    if shape == "circle":
        return (x * x + y * y).sqrt() - 1
    if shape == "ring":
        thick = 0.13 + 0.12 * style
        return ((x * x + y * y).sqrt() - (1 - thick)).abs() - thick
    if shape == "square":
        return torch.maximum(x.abs(), y.abs()) - 0.78
    if shape == "triangle":
        half = math.sqrt(3) / 2
        return torch.maximum(y, half * x.abs() - y / 2) - 0.5
    if shape == "cross":
        wide = 0.17 + 0.17 * style
        upright = torch.maximum(x.abs() - wide, y.abs() - 0.95)
        level = torch.maximum(y.abs() - wide, x.abs() - 0.95)
        return torch.minimum(upright, level)
    return _star(x, y, 0.36 + 0.12 * style)


def _star(x: Tensor, y: Tensor, inner: Tensor) -> Tensor:
    """Five points, the first one up: folded to one half of a point, whose edge is a line."""
    tenth = math.pi / 5
    angle = torch.atan2(x, -y)
    folded = ((angle + tenth) % (2 * tenth) - tenth).abs()
    reach = (x * x + y * y).sqrt()
    along, aside = reach * folded.cos(), reach * folded.sin()
    down, out = inner * math.cos(tenth) - 1, inner * math.sin(tenth)
    return (-(along - 1) * -out - aside * down) / (down * down + out * out).sqrt()


def _band(picture: Tensor, aspect: float) -> None:
    """Fills what the picture does not cover."""
    if aspect == 1.0:
        return
    covered = math.ceil(SIZE * min(aspect, 1 / aspect))
    start = (SIZE - covered) // 2
    fill = torch.tensor(BAND, dtype=picture.dtype)[:, None, None]
    if aspect < 1:
        picture[:, :, :start], picture[:, :, start + covered :] = fill, fill
    else:
        picture[:, :start], picture[:, start + covered :] = fill, fill
