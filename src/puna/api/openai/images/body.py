"""What a request for pictures says."""

import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from puna.api.mistakes import invalid_value
from puna.api.no_ops import RequestHints
from puna.core.images import ImageRequest
from puna.http.body import unsupported

SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")
MOST_IMAGES = 10
MOST_PROMPT = 32_000
"""Characters, as with OpenAI."""
SEEDS = 2**63
EFFORTS: Mapping[str, float] = {"low": 0.25, "medium": 0.5, "high": 1.0, "xhigh": 1.5, "max": 2.0}
"""The part of a model's own number of steps that is done for each quality."""
SAME_QUALITY = {"auto": "high", "standard": "high", "hd": "xhigh"}
"""Other words for some of them."""

NO_ANIMATION = unsupported("Animated images are not supported")
Quality = Literal["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"]


class ImageBody(RequestHints):
    """The request's body. `seed`, `negative_prompt`, `steps` and `guidance` are Puna's own.

    `user`, `safety_identifier` and `moderation` have no effect: nothing here judges pictures.
    """

    model: Annotated[str, Field(min_length=1)]
    prompt: Annotated[str, Field(min_length=1, max_length=MOST_PROMPT)]
    n: Annotated[int, Field(ge=1, le=MOST_IMAGES)] | None = None
    size: str | None = None
    quality: Quality | None = None
    style: Literal["vivid", "natural"] | None = None
    response_format: Literal["b64_json", "url"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = None
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = None
    background: Literal["auto", "opaque", "transparent"] | None = None
    stream: bool | None = None
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    negative_prompt: Annotated[str, Field(max_length=MOST_PROMPT)] | None = None
    steps: Annotated[int, Field(ge=1, le=500)] | None = None
    guidance: Annotated[float, Field(ge=0, le=100)] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    moderation: Literal["auto", "low"] | None = None
    complexity: Annotated[None, unsupported("Levels of complexity are not supported")] = None
    frame_count: Annotated[None, NO_ANIMATION] = None
    frame_duration_ms: Annotated[None, NO_ANIMATION] = None
    svg: Annotated[Any, unsupported("SVG images are not supported")] = None

    @field_validator("prompt")
    @classmethod
    def check_prompt(cls, prompt: str) -> str:
        """Blanks say nothing."""
        if not prompt.strip():
            raise invalid_value("prompt", "Invalid 'prompt': it has no words.")
        return prompt

    @field_validator("size")
    @classmethod
    def check_size(cls, size: str | None) -> str | None:
        """Width and height, or `auto`."""
        if size not in (None, "auto") and not SIZE.fullmatch(size):
            raise invalid_value("size", f"Invalid 'size': expected WIDTHxHEIGHT or 'auto', but got '{size[:40]}'.")
        return size

    @field_validator("response_format")
    @classmethod
    def check_response_format(cls, value: str | None) -> str | None:
        """Nothing is kept that an address could lead to."""
        if value == "url":
            raise invalid_value(
                "response_format", "Unsupported 'response_format': 'url'. Only 'b64_json' is supported."
            )
        return value

    @field_validator("background")
    @classmethod
    def check_background(cls, value: str | None) -> str | None:
        """Models here draw every pixel."""
        if value == "transparent":
            raise invalid_value("background", "Unsupported 'background': 'transparent'. Images are always opaque.")
        return value

    @field_validator("output_compression")
    @classmethod
    def check_compression(cls, value: int | None, info: Any) -> int | None:
        """PNG loses nothing."""
        if value not in (None, 100) and info.data.get("output_format") in (None, "png"):
            raise invalid_value(
                "output_compression", "'output_compression' is only allowed for the output formats jpeg and webp."
            )
        return value

    @field_validator("partial_images")
    @classmethod
    def check_partial(cls, value: int | None, info: Any) -> int | None:
        """They are parts of a stream."""
        if value and not info.data.get("stream"):
            raise invalid_value("partial_images", "'partial_images' is only allowed when 'stream' is true.")
        return value

    @property
    def shown_quality(self) -> str:
        """The quality by its plain name."""
        quality = self.quality or "high"
        return SAME_QUALITY.get(quality, quality)

    def to_core(self) -> ImageRequest:
        """The request, with a seed in any case."""
        match = SIZE.fullmatch(self.size or "")
        return ImageRequest(
            prompt=f"{self.prompt}, {self.style} style" if self.style else self.prompt,
            negative_prompt=self.negative_prompt or "",
            size=(int(match[1]), int(match[2])) if match else None,
            images=self.n or 1,
            steps=self.steps,
            effort=EFFORTS[self.shown_quality],
            guidance=self.guidance,
            seed=secrets.randbelow(2**32) if self.seed is None else self.seed,
            format=self.output_format or "png",
            compression=100 if self.output_compression is None else self.output_compression,
            partial_images=self.partial_images or 0,
        )
