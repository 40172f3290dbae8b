import json

import pytest

from puna.api.advice import with_advice
from puna.api.dialect import Dialect
from puna.api.ollama.application import DIALECT as OLLAMA
from puna.api.openai.application import DIALECT as OPENAI
from puna.core.errors import (
    ContextLengthExceeded,
    CrashLoop,
    EngineLost,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    Overloaded,
    PunaError,
)
from puna.library.errors import ProtectedModel, StoreFailed

STATUSES: list[tuple[PunaError, int]] = [
    (InvalidRequest("no", param="x"), 400),
    (ContextLengthExceeded(9, 8), 400),
    (ProtectedModel("tiny"), 400),
    (ModelNotFound("llama"), 404),
    (NotFound("no"), 404),
    (Overloaded("later", retry_after=7), 503),
    (CrashLoop("it crashed", retry_after=7), 503),
    (EngineLost("gone"), 500),
    (StoreFailed("disk full"), 500),
    (PunaError("no"), 500),
]


@pytest.mark.parametrize("dialect", [OPENAI, OLLAMA])
@pytest.mark.parametrize(("error", "status"), STATUSES)
def test_an_error_has_the_same_status_in_every_dialect(dialect: Dialect, error: PunaError, status: int) -> None:
    response = dialect.response(error)
    message = with_advice(error)
    assert response.status_code == status
    assert response.headers.get("retry-after") == ("7" if status == 503 else None)
    body = json.loads(bytes(response.body))["error"]
    assert (body if dialect is OLLAMA else body["message"]) == message
