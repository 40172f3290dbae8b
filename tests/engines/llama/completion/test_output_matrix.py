from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from puna.engines.llama.completion.output_matrix import LastStep, OutputMatrix, last_steps
from puna.formats.gguf import Metadata
from tests.library.ggufs import finish

ROWS, WIDTH = 40, 32


def write(path: Path, **values: float) -> Metadata:
    """A file with an output matrix and its bias."""
    generator = np.random.default_rng(0)
    writer = GGUFWriter(path, "llama")
    for name, value in values.items():
        writer.add_float32(f"llama.{name}", value)
    writer.add_tensor("output.weight", generator.standard_normal((ROWS, WIDTH), np.float32))
    writer.add_tensor("output.bias", generator.standard_normal(ROWS, np.float32))
    finish(writer)
    return Metadata.read(path)


@pytest.mark.parametrize("step", [LastStep(), LastStep(scale=0.25), LastStep(cap=2.0), LastStep(0.5, 3.0)])
def test_scale_cap_and_bias_are_those_of_the_model(tmp_path: Path, step: LastStep) -> None:
    matrix = OutputMatrix(write(tmp_path / "model.gguf"))
    matrix.step = step
    generator = np.random.default_rng(0)
    weights, bias = generator.standard_normal((ROWS, WIDTH), np.float32), generator.standard_normal(ROWS, np.float32)
    states, targets = np.random.default_rng(1).standard_normal((5, WIDTH), np.float32), np.arange(5)
    logits = (states @ weights.T + bias) * step.scale
    logits = logits if step.cap is None else step.cap * np.tanh(logits / step.cap)
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    scores = matrix.score(states, targets, 3)
    assert scores.targets == pytest.approx(expected[np.arange(5), targets], abs=1e-4)
    assert scores.top == pytest.approx(-np.sort(-expected, axis=1)[:, :3], abs=1e-4)
    assert (scores.top_ids == np.argsort(-expected, axis=1)[:, :3]).all()


def test_a_header_allows_each_use_of_its_numbers(tmp_path: Path) -> None:
    metadata = write(tmp_path / "model.gguf", logit_scale=4.0, final_logit_softcapping=30.0)
    assert set(last_steps(metadata)) == {LastStep(scale, cap) for scale in (1.0, 4.0, 0.25) for cap in (None, 30.0)}
    assert last_steps(write(tmp_path / "plain.gguf")) == [LastStep()]
