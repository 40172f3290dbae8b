"""POST /v1/embeddings."""

import base64
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from puna.api.no_ops import RequestHints
from puna.api.openai.prompts import TokenLists, Tokens, prompts
from puna.api.services import services_of
from puna.api.vectors import Embeddings, Matrix
from puna.core.embeddings import EmbeddingRequest
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.observation.journal import entry_of

Encoding = Literal["float", "base64"]

Text = Annotated[str, Field(min_length=1)]
NonEmptyTexts = Annotated[list[Text], Field(min_length=1)]


class EmbeddingBody(RequestHints):
    """The request's body."""

    model: Annotated[str, Field(min_length=1)]
    input: Text | Tokens | NonEmptyTexts | TokenLists
    encoding_format: Encoding | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None


def encode(embeddings: Embeddings, model: str, encoding: Encoding) -> Iterator[bytes]:
    """OpenAI's list of embeddings, a matrix at a time: the JSON is never in memory as a whole."""
    index = 0
    yield b'{"object":"list","data":['
    for matrix in embeddings.matrices:
        yield b"," * (index > 0) + entries(matrix, index, encoding)
        index += len(matrix)
    usage = {"prompt_tokens": embeddings.tokens, "total_tokens": embeddings.tokens}
    yield b'],"model":' + orjson.dumps(model) + b',"usage":' + orjson.dumps(usage) + b"}"


def entries(matrix: Matrix, first: int, encoding: Encoding) -> bytes:
    """The rows as objects of OpenAI's list, counted from `first`. base64 is of little-endian float32."""
    import numpy as np

    rows: list[Any] = list(np.ascontiguousarray(matrix, "<f4"))
    if encoding == "base64":
        rows = [base64.b64encode(row).decode() for row in rows]
    objects = [{"object": "embedding", "index": first + place, "embedding": row} for place, row in enumerate(rows)]
    return orjson.dumps(objects, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


async def create(request: Request) -> Response:
    """Embed texts."""
    body = await read_body(request, EmbeddingBody)
    batches = services_of(request).inference.embed(
        body.model, EmbeddingRequest(inputs=prompts(body.input)), caller=entry_of(request)
    )
    embeddings = await unless_gone(request, Embeddings.gather(batches, body.dimensions))
    content = encode(embeddings, body.model, body.encoding_format or "float")
    return StreamingResponse(content, media_type="application/json")
