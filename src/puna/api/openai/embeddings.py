"""POST /v1/embeddings."""

import base64
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from puna.api.exchange import unless_gone
from puna.api.openai.body import Body, read_body
from puna.api.openai.prompts import TokenLists, Tokens, prompts
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import InvalidRequest
from puna.inference import Inference

Encoding = Literal["float", "base64"]
Matrix: TypeAlias = npt.NDArray[np.float32]

Text = Annotated[str, Field(min_length=1)]
NonEmptyTexts = Annotated[list[Text], Field(min_length=1)]


class EmbeddingBody(Body):
    """The request's body."""

    model: Annotated[str, Field(min_length=1)]
    input: Text | Tokens | NonEmptyTexts | TokenLists
    encoding_format: Encoding | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None


@dataclass
class Embeddings:
    """All vectors of one request: a matrix of rows for each batch, and how many tokens they were made of."""

    matrices: list[Matrix]
    tokens: int

    @classmethod
    async def gather(cls, batches: AsyncGenerator[Embedded, None], dimensions: int | None) -> "Embeddings":
        """Everything has to be there before the first byte goes out: an input may yet be refused."""
        result = cls([], 0)
        async with aclosing(batches):
            async for batch in batches:
                result.matrices.append(cut(np.stack(batch.vectors), dimensions))
                result.tokens += batch.tokens
        return result

    def encode(self, model: str, encoding: Encoding) -> Iterator[bytes]:
        """OpenAI's list of embeddings, a matrix at a time: the JSON is never in memory as a whole."""
        index = 0
        yield b'{"object":"list","data":['
        for matrix in self.matrices:
            yield b"," * (index > 0) + entries(matrix, index, encoding)
            index += len(matrix)
        usage = {"prompt_tokens": self.tokens, "total_tokens": self.tokens}
        yield b'],"model":' + orjson.dumps(model) + b',"usage":' + orjson.dumps(usage) + b"}"


def cut(vectors: Matrix, dimensions: int | None) -> Matrix:
    """The first numbers of each row, made a vector of length 1 again.

    Raises InvalidRequest where a row has fewer.
    """
    if dimensions is None or dimensions == vectors.shape[1]:
        return vectors
    if dimensions > vectors.shape[1]:
        raise InvalidRequest(
            f"Invalid 'dimensions': {dimensions} is more than this model's {vectors.shape[1]}.", param="dimensions"
        )
    short = vectors[:, :dimensions]
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    return (short / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def entries(matrix: Matrix, first: int, encoding: Encoding) -> bytes:
    """The rows as objects of OpenAI's list, counted from `first`. base64 is of little-endian float32."""
    rows: list[Any] = list(np.ascontiguousarray(matrix, "<f4"))
    if encoding == "base64":
        rows = [base64.b64encode(row).decode() for row in rows]
    objects = [{"object": "embedding", "index": first + place, "embedding": row} for place, row in enumerate(rows)]
    return orjson.dumps(objects, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


async def create(request: Request) -> Response:
    """Embed texts."""
    inference: Inference = request.app.state.inference
    body = await read_body(request, EmbeddingBody)
    batches = inference.embed(body.model, EmbeddingRequest(inputs=prompts(body.input)))
    embeddings = await unless_gone(request, Embeddings.gather(batches, body.dimensions))
    content = embeddings.encode(body.model, body.encoding_format or "float")
    return StreamingResponse(content, media_type="application/json")
