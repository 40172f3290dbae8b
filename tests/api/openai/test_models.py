import openai
import pytest

from tests.scripted import ScriptedServer, StartScripted
from tests.stored_models import add_model


def test_tiny_is_listed_and_retrieved(scripted: ScriptedServer) -> None:
    listed = {model.id: model for model in scripted.client().models.list()}
    assert listed["tiny:latest"].owned_by == "library"
    for name in ("tiny", "tiny:latest", "library/tiny"):
        model = scripted.client().models.retrieve(name)
        assert model.to_dict() == listed["tiny:latest"].to_dict() | {"id": name}, "as it was asked for"
    assert listed["tiny:latest"].object == "model"
    assert listed["tiny:latest"].created > 1_700_000_000


def test_a_name_may_have_slashes_and_a_tag(start_scripted: StartScripted) -> None:
    server = start_scripted()
    add_model(server.home / "models", "ann/small", server.home / "plain.gguf")
    client = server.client()
    assert {"tiny:latest", "ann/small:latest"} < {model.id for model in client.models.list()}
    for name in ("ann/small", "ann/small:latest", "registry.ollama.ai/ann/small:latest"):
        model = client.models.retrieve(name)
        assert (model.id, model.owned_by) == (name, "ann")


def test_an_unknown_model_is_404(scripted: ScriptedServer) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        scripted.client().models.retrieve("ann/none:7b")
    assert raised.value.code == "model_not_found"
    assert "ann/none:7b" in raised.value.message


def test_codex_finds_no_metadata_of_its_own_in_the_list(scripted: ScriptedServer) -> None:
    """Without `models` its log has an error; an entry would need instructions that take the place of its own."""
    with scripted.http() as http:
        assert http.get("/v1/models?client_version=0.169.0").json()["models"] == []
        assert "models" not in http.get("/v1/models").json()
