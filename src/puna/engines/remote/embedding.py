"""Embeddings by one server."""

import base64
from typing import Any

from puna.core.completions import Prompt
from puna.core.embeddings import Embedded, Vector
from puna.core.errors import InvalidRequest
from puna.core.subjects import RequestedModel
from puna.engines.remote.refusal import ServerFailed
from puna.engines.remote.upstream import Upstream

INPUTS = 256
"""How many inputs go into one request."""


async def embed(upstream: Upstream, inputs: tuple[Prompt, ...]) -> Embedded:
    """The vectors of some inputs. Raises as `Upstream.asked` does."""
    traits = await upstream.traits()
    if traits.capabilities is not None and not traits.capabilities & {"embedding", "completion"}:
        raise InvalidRequest("This model can't make embeddings.", about=RequestedModel())
    body = {
        "model": upstream.address.model,
        "input": [text if isinstance(text, str) else list(text) for text in inputs],
        "encoding_format": "base64",
    }
    answer = await upstream.post("/embeddings", body)
    rows = sorted(answer.get("data") or (), key=lambda row: row.get("index", 0))
    if len(rows) != len(inputs):
        raise ServerFailed(f"{upstream.address.host} gave {len(rows)} vectors for {len(inputs)} texts.")
    usage = answer.get("usage") or {}
    return Embedded(tuple(vector(row["embedding"]) for row in rows), usage.get("prompt_tokens") or 0)


def vector(given: Any) -> Vector:
    """A vector of length 1, from base64 or from a list of numbers: not every server knows the shorter form."""
    import numpy as np

    found = np.frombuffer(base64.b64decode(given), "<f4") if isinstance(given, str) else np.asarray(given, "<f4")
    length = float(np.linalg.norm(found))
    return found if length == 0 or abs(length - 1) < 1e-3 else (found / length).astype(np.float32)
