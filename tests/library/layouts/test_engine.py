"""Translated files in the engine: the log probabilities are the reference's, without and with a picture."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from puna.library.layouts.readable import Readable
from puna.library.layouts.translations import Translations
from tests.library.conversion.engine import running
from tests.library.layouts.toy_gemma3 import write_gemma3
from tests.library.layouts.toy_gptoss import write_gptoss
from tests.library.layouts.toys import Toy

SAME = 1e-4


def answers(weights: Path, projector: Path | None) -> list[dict[int, float]]:
    """For each token of two answers, one of them to a picture where there is a projector, what was most probable."""
    options = [f"projector={projector}"] if projector else []
    with running(weights, *options) as engine:
        body: dict[str, Any] = {"temperature": 0, "cache_prompt": False}
        text = engine.post("/completion", prompt="the heat of the north", n_predict=8, n_probs=5, **body)
        found = text["completion_probabilities"]
        if projector:
            content = [{"type": "image_url", "image_url": {"url": picture()}}, {"type": "text", "text": "the"}]
            messages = [{"role": "user", "content": content}]
            seen = engine.post(
                "/v1/chat/completions", messages=messages, max_tokens=8, logprobs=True, top_logprobs=5, **body
            )
            found += seen["choices"][0]["logprobs"]["content"]
    return [{each["id"]: each["logprob"] for each in token["top_logprobs"]} for token in found]


def picture() -> str:
    """Noise in 12 by 12 fields."""
    fields = np.random.default_rng(0).integers(0, 255, (12, 12, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(fields).resize((96, 96)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def same(toy: Toy, tmp_path: Path) -> None:
    translated = Readable(toy.published, Translations(tmp_path / "translated"))
    expected = answers(toy.reference, toy.projector)
    assert len(expected) >= 2
    for token, wanted in zip(answers(translated.path, translated.projector), expected, strict=True):
        assert token == pytest.approx(wanted, abs=SAME)


def test_gptoss(tmp_path: Path) -> None:
    same(write_gptoss(tmp_path), tmp_path)


def test_gemma3_sees(tmp_path: Path) -> None:
    same(write_gemma3(tmp_path), tmp_path)
