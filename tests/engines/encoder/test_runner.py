import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puna.engines.encoder.arguments import EncoderArguments
from puna.engines.encoder.runner import Encoder, RefusedInput
from tests.engines.encoder.test_network import small_bert


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    """With one thread."""
    return Encoder(EncoderArguments(weights=small_bert(tmp_path), context_length=32, threads=1))


async def test_vectors_come_in_the_order_of_the_inputs(encoder: Encoder) -> None:
    texts: list[str | list[int]] = [[2, *range(5, 5 + count), 3] for count in (20, 1, 9, 1, 26)]
    together, tokens = await encoder.embed(texts)
    assert tokens == sum(map(len, texts))
    for text, vector in zip(texts, together, strict=True):
        [alone], _ = await encoder.embed([text])
        assert np.frombuffer(alone, "<f4") == pytest.approx(np.frombuffer(vector, "<f4"), abs=1e-5)


@pytest.mark.parametrize(
    ("tokens", "message", "lengths"),
    [
        ([], "The input has no tokens", (0, 0)),
        ([2, 40, 3], "Token 40 is out of range, this model's tokens are 0 to 39.", (0, 0)),
        ([-1], "Token -1 is out of range", (0, 0)),
        ([2] * 33, "too long", (33, 32)),
    ],
)
async def test_tokens_that_can_not_be_embedded_are_refused(
    encoder: Encoder, tokens: list[int], message: str, lengths: tuple[int, int]
) -> None:
    with pytest.raises(RefusedInput, match=message) as refused:
        await encoder.embed([[2, 3], tokens])
    assert refused.value.index == 1
    assert (refused.value.tokens, refused.value.limit) == lengths


async def test_a_client_that_leaves_takes_the_work_with_it(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0
    first = asyncio.Event()
    loop, embed = asyncio.get_running_loop(), encoder._network.embed

    def counted(texts: Any) -> Any:
        nonlocal begun
        begun += 1
        loop.call_soon_threadsafe(first.set)
        return embed(texts)

    monkeypatch.setattr(encoder._network, "embed", counted)
    work = asyncio.create_task(encoder.embed([[2, *range(5, 35), 3]] * 8 * 500))
    await first.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await encoder.embed([[2, 3]])
    assert begun < 500
