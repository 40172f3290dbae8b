"""The level of Ollama's API that `/api/version` names, against the types that Ollama published with that version."""

import pytest

from puna.api.ollama.application import LEVEL
from puna.api.ollama.chat import ChatBody, ChatMessage
from puna.api.ollama.creation import CreateBody
from puna.api.ollama.embeddings import EmbedBody, OlderBody
from puna.api.ollama.generate import GenerateBody
from puna.api.ollama.models import CopyBody, ShowBody
from puna.api.ollama.transfers import TransferBody
from puna.http.body import Body
from puna.library.parameters import Parameters
from tests.scripted import ScriptedServer

GENERATION = "model stream format keep_alive options think truncate shift logprobs top_logprobs"
TRANSFER = "model insecure username password stream name"
TAKEN: dict[type[Body], str] = {
    ChatBody: f"{GENERATION} messages tools",
    GenerateBody: f"{GENERATION} prompt suffix system template context raw images",
    ChatMessage: "role content thinking images tool_calls tool_name tool_call_id",
    EmbedBody: "model input keep_alive truncate dimensions options",
    OlderBody: "model prompt keep_alive options",
    ShowBody: "model system template verbose options name",
    CopyBody: "source destination",
    TransferBody: TRANSFER,
    CreateBody: "model stream quantize from files adapters template license system parameters messages renderer "
    "parser requires name quantization draft_files",
}
"""The fields of each request in `api/types.go` of v0.14.2, but for `_debug_render_only`, which no client sends, and
what Ollama's own cloud needs (`remote_host`, `info`)."""
OPTIONS = (
    "num_keep seed num_predict top_k top_p min_p typical_p repeat_last_n temperature repeat_penalty presence_penalty "
    "frequency_penalty stop num_ctx num_batch num_gpu main_gpu use_mmap num_thread"
)
SUMMARY = "name model modified_at size digest details"
DETAILS = "parent_model format family families parameter_size quantization_level"
METRICS = "total_duration load_duration prompt_eval_count prompt_eval_duration eval_count eval_duration"
RUNNING = "name model size digest details expires_at size_vram context_length"
ANSWERED = {
    ("/api/chat", '{"messages": [{"role": "user", "content": "Hello"}], "stream": false}'): (
        f"model created_at message done done_reason {METRICS}"
    ),
    (
        "/api/generate",
        '{"prompt": "Hello", "stream": false}',
    ): f"model created_at response done done_reason {METRICS}",
    ("/api/embed", '{"input": "Hello"}'): "model embeddings total_duration load_duration prompt_eval_count",
    ("/api/show", "{}"): "license modelfile template details model_info capabilities modified_at",
}
"""The fields of each answer that are there whatever the model."""


def test_the_level_is_the_version_whose_types_these_are(scripted: ScriptedServer) -> None:
    assert LEVEL == "0.14.2"
    with scripted.http() as http:
        assert http.get("/api/version").json()["version"] == LEVEL
        assert http.head("/api/version").status_code == 200


@pytest.mark.parametrize("body", TAKEN, ids=lambda body: body.__name__)
def test_every_field_of_a_request_is_known(body: type[Body]) -> None:
    known = {field.alias or name for name, field in body.model_fields.items()}
    assert set(TAKEN[body].split()) - known == set()


def test_every_option_is_known() -> None:
    assert set(OPTIONS.split()) - set(Parameters.kinds()) == set()


@pytest.mark.parametrize(("path", "body"), ANSWERED)
def test_every_field_of_an_answer_is_there(scripted: ScriptedServer, path: str, body: str) -> None:
    with scripted.http() as http:
        answer = http.post(path, content='{"model": "tiny", ' + body[1:] if body != "{}" else '{"model": "tiny"}')
    assert answer.status_code == 200, answer.text
    assert set(ANSWERED[path, body].split()) - answer.json().keys() == set()


def test_every_field_of_a_listed_model_is_there(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        http.post("/api/chat", json={"model": "tiny", "messages": [{"role": "user", "content": "Hello"}]})
        model = http.get("/api/tags").json()["models"][0]
        assert set(SUMMARY.split()) - model.keys() == set()
        assert set(DETAILS.split()) - model["details"].keys() == set()
        assert set(RUNNING.split()) - http.get("/api/ps").json()["models"][0].keys() == set()
