"""A pipeline of diffusers: loaded from its files, and asked for pictures."""

import inspect
import os
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from diffusers import DiffusionPipeline
from PIL import Image as Picture
from PIL import ImageOps

from puna.core.images import ImageRequest
from puna.engines.images.arguments import ImageArguments
from puna.engines.images.device import number_type, place

Tell = Callable[[dict[str, Any]], None]
"""Hears of each event of the work. Raises Cancelled where nobody wants it any more."""

MOST_EDGE = 4096
LEAST_EDGE = 16
SMALL_EDGE = 256
"""Pixels. A model whose own pictures are smaller draws them in that size, and they are enlarged."""
SMALL_STEPS = 20
"""The steps of such a model, which has fewer things to draw."""
DISTILLED_STEPS = 4
"""The steps of a model that was taught to do with few, as FLUX.1-schnell and FLUX.2-klein say they are."""
MOST_TOKENS = 2**20


class Cancelled(Exception):
    """Nobody waits for the picture."""


class Refused(ValueError):
    """Something in the request that the pipeline can't do: `about` is the field that is meant."""

    def __init__(self, about: str, message: str) -> None:
        super().__init__(message)
        self.body = {"about": about, "message": message}


class Painter:
    """A pipeline in memory."""

    def __init__(self, arguments: ImageArguments) -> None:
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        self._pipeline = place(loaded(arguments.files, number_type(arguments.precision)))
        self._pipeline.set_progress_bar_config(disable=True)
        self._fields = inspect.signature(self._pipeline.__call__).parameters
        self._multiple = multiple_of(self._pipeline)
        self._own = own_size(self._pipeline)

    @property
    def small(self) -> bool:
        """Whether its pictures are enlarged."""
        return max(self._own) < SMALL_EDGE

    def check(self, request: ImageRequest) -> None:
        """Raises Refused for what this pipeline can't do."""
        for edge in request.size or ():
            if not LEAST_EDGE <= edge <= MOST_EDGE:
                raise Refused(
                    "size",
                    f"Invalid size: width and height have to be {LEAST_EDGE} to {MOST_EDGE} pixels, not {edge}.",
                )
            if edge % self._multiple:
                raise Refused(
                    "size",
                    f"Invalid size: this model needs multiples of {self._multiple}, not {edge}.",
                )
        for name, field in (("negative_prompt", "negative_prompt"), ("guidance", "guidance_scale")):
            if getattr(request, name) and field not in self._fields:
                raise Refused(name, f"This model does not support '{name}'.")
        self._count_tokens(request.prompt, "prompt")
        self._count_tokens(request.negative_prompt, "negative_prompt")

    def _count_tokens(self, text: str, about: str) -> int:
        """The tokens of a text. Raises Refused where the model would not read all of it."""
        longest = (
            self._fields["max_sequence_length"].default if "max_sequence_length" in self._fields else MOST_TOKENS
        )
        counts = [
            (len(tokenizer(text, truncation=False).input_ids), min(tokenizer.model_max_length, longest))
            for tokenizer in tokenizers(self._pipeline)
        ]
        if counts and all(count > most for count, most in counts):
            count, most = max(counts, key=lambda each: each[1])
            raise Refused(about, f"The prompt has {count} tokens, but this model reads at most {most}.")
        return max((count for count, _ in counts), default=0)

    def draw(self, request: ImageRequest, tell: Tell) -> None:
        """Draw the pictures of a request, and tell of each step."""
        begun = time.monotonic()
        for image in range(request.images):
            self._draw_one(request, image, tell)
        tell({"kind": "done", "seconds": time.monotonic() - begun})

    def _draw_one(self, request: ImageRequest, image: int, tell: Tell) -> None:
        size = request.size or self._own
        seed = (request.seed + image) % 2**63
        drawn_size = self._own if self.small else size
        steps = request.steps or max(1, round(request.effort * self._steps))
        shown = previews(steps, request.partial_images)
        places = 0

        def at_step(pipeline: Any, step: int, _: Any, state: dict[str, Any]) -> dict[str, Any]:
            nonlocal places
            latents = state["latents"]
            places = latents.shape[1] if latents.ndim == 3 else latents[0, 0].numel()
            tell({"kind": "step", "image": image, "step": step + 1, "steps": steps})
            if step in shown and (preview := self._preview(latents, drawn_size)):
                data = encoded(fitted(preview, size), request)
                index = shown.index(step)
                tell({"kind": "partial", "image": image, "index": index, "data": data, "size": size})
            return state

        optional: dict[str, Any] = {
            "guidance_scale": request.guidance,
            "negative_prompt": request.negative_prompt or None,
        }
        result = self._pipeline(
            prompt=request.prompt,
            width=drawn_size[0],
            height=drawn_size[1],
            num_inference_steps=steps,
            generator=torch.Generator("cpu").manual_seed(seed),
            callback_on_step_end=at_step,
            callback_on_step_end_tensor_inputs=["latents"],
            **{name: value for name, value in optional.items() if value is not None},
        )
        picture = fitted(result.images[0], size)
        counted = {"prompt_tokens": self._count_tokens(request.prompt, "prompt"), "tokens": places}
        data = encoded(picture, request)
        tell({"kind": "image", "image": image, "data": data, "size": picture.size, "seed": seed, **counted})

    @property
    def _steps(self) -> int:
        """How many steps the model takes by itself."""
        if self.small:
            return SMALL_STEPS
        pipeline = self._pipeline
        unguided = type(pipeline).__name__ == "FluxPipeline" and not pipeline.transformer.config.guidance_embeds
        if unguided or pipeline.config.get("is_distilled"):
            return DISTILLED_STEPS
        return int(self._fields["num_inference_steps"].default)

    def _preview(self, latents: torch.Tensor, size: tuple[int, int]) -> Picture.Image | None:
        """What unfinished latents look like; None where the pipeline has no way to tell."""
        pipeline = self._pipeline
        try:
            if latents.ndim == 3:
                latents = pipeline._unpack_latents(latents, size[1], size[0], pipeline.vae_scale_factor)
            config = pipeline.vae.config
            latents = latents / config.scaling_factor + (config.get("shift_factor") or 0)
            decoded = pipeline.vae.decode(latents.to(pipeline.vae.dtype), return_dict=False)[0]
            picture: Picture.Image = pipeline.image_processor.postprocess(decoded.detach(), output_type="pil")[0]
        except (AttributeError, TypeError, RuntimeError):
            return None
        return picture


def loaded(files: Iterable[tuple[str, Path]], numbers: torch.dtype) -> Any:
    """The pipeline of those files. They are laid out as its folder for as long as that takes."""
    with TemporaryDirectory() as folder:
        for name, path in files:
            there = Path(folder, name)
            there.parent.mkdir(parents=True, exist_ok=True)
            link(path, there)
        return DiffusionPipeline.from_pretrained(
            folder, dtype=numbers, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )


def link(path: Path, there: Path) -> None:
    """Have a file in another place, too. Windows makes symbolic links for few users, and hard links on one disk."""
    try:
        there.symlink_to(path)
    except OSError:
        os.link(path, there)


def tokenizers(pipeline: Any) -> list[Any]:
    """Those that read the prompt."""
    found = [getattr(pipeline, f"tokenizer{number}", None) for number in ("", "_2", "_3")]
    return [tokenizer for tokenizer in found if tokenizer is not None]


def multiple_of(pipeline: Any) -> int:
    """What the edges of its pictures have to be multiples of."""
    processor = getattr(pipeline, "image_processor", None)
    return int(processor.config.vae_scale_factor if processor else getattr(pipeline, "vae_scale_factor", 8))


def own_size(pipeline: Any) -> tuple[int, int]:
    """Width and height of the pictures that it was trained for."""
    parts = [getattr(pipeline, name, None) for name in ("unet", "transformer")]
    trained = next((part.config.get("sample_size") for part in parts if part is not None), None)
    places = getattr(pipeline, "default_sample_size", None) or trained or 128
    height, width = (places, places) if isinstance(places, int) else places
    factor = getattr(pipeline, "vae_scale_factor", 8)
    return width * factor, height * factor


def previews(steps: int, wanted: int) -> list[int]:
    """After which steps an unfinished picture is shown: as far from one another as can be, none after the last."""
    return sorted({steps * (number + 1) // (wanted + 1) - 1 for number in range(wanted)} - {-1, steps - 1})


def fitted(picture: Picture.Image, size: tuple[int, int]) -> Picture.Image:
    """The picture in that size: enlarged as a whole, its edges drawn out where it is not as wide or high."""
    if picture.size == size:
        return picture
    whole = ImageOps.contain(picture.convert("RGB"), size, Picture.Resampling.LANCZOS)
    left, top = (size[0] - whole.width) // 2, (size[1] - whole.height) // 2
    wide = Picture.new("RGB", size)
    wide.paste(whole, (left, top))
    for box, place_of in borders(size, whole.size, left, top):
        wide.paste(wide.crop(box).resize((place_of[2] - place_of[0], place_of[3] - place_of[1])), place_of[:2])
    return wide


Box = tuple[int, int, int, int]


def borders(size: tuple[int, int], inner: tuple[int, int], left: int, top: int) -> list[tuple[Box, Box]]:
    """The outermost lines of the inner picture, and what they fill between it and the edges."""
    right, bottom = left + inner[0], top + inner[1]
    found: list[tuple[Box, Box]] = [
        ((left, 0, left + 1, size[1]), (0, 0, left, size[1])),
        ((right - 1, 0, right, size[1]), (right, 0, size[0], size[1])),
        ((0, top, size[0], top + 1), (0, 0, size[0], top)),
        ((0, bottom - 1, size[0], bottom), (0, bottom, size[0], size[1])),
    ]
    return [(line, area) for line, area in found if area[0] < area[2] and area[1] < area[3]]


def encoded(picture: Picture.Image, request: ImageRequest) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    options = {} if request.format == "png" else {"quality": request.compression}
    picture.convert("RGB").save(file, request.format.upper(), **options)
    return file.getvalue()
