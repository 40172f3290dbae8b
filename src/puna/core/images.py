"""Pictures made from words."""

from dataclasses import dataclass
from typing import Literal

from puna.core.events import Done

ImageFormat = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """Draw `images` pictures of what the prompt says, and nothing of what `negative_prompt` says.

    None leaves a choice to the model: `size` is width and height in pixels, `steps` how often noise is taken away, of
    which `effort` is the part that is done where `steps` is None, `guidance` how strictly the prompt is followed. The
    first picture has the seed, each further one the next number. `partial_images` is how many unfinished pictures are
    wanted of each. `compression` is the quality of jpeg and webp, 0 to 100.
    """

    prompt: str
    negative_prompt: str = ""
    size: tuple[int, int] | None = None
    images: int = 1
    steps: int | None = None
    effort: float = 1.0
    guidance: float | None = None
    seed: int
    format: ImageFormat = "png"
    compression: int = 100
    partial_images: int = 0


@dataclass(frozen=True, slots=True)
class StepDone:
    """So many of the steps of a picture are done. `image` counts the pictures from 0."""

    image: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class PartialImage:
    """What an unfinished picture looks like, as a file of the format that was asked for."""

    image: int
    index: int
    data: bytes
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, as a file of the format that was asked for, and the seed that makes it again. `prompt_tokens` are
    those of the prompt, `tokens` how many places the picture has where the model draws."""

    image: int
    data: bytes
    size: tuple[int, int]
    seed: int
    prompt_tokens: int
    tokens: int


ImageEvent = StepDone | PartialImage | Image | Done
"""What drawing yields: of each picture the steps, unfinished pictures among them, and the picture; after all of them
one `Done`, whose usage counts the prompt once."""
