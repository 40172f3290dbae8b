import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.random_model import SHAPES
from puna.engines.llama.launch import LlamaLaunch
from tests.adapter import write_adapter
from tests.server import StartServer
from tests.stored_models import add_model, micro_launch, write_micro_model

PLAIN = micro_launch(Path("/model.gguf"))
FULL = replace(
    PLAIN,
    projector=Path("/eyes.gguf"),
    adapters=(Path("/one.gguf"), Path("/two.gguf")),
    program=Path("/llama-server"),
    gpu_layers=0,
)


@pytest.mark.parametrize("launch", [PLAIN, FULL])
def test_a_launch_survives_json(launch: LlamaLaunch) -> None:
    assert LlamaLaunch.from_json(json.loads(json.dumps(launch.to_json()))) == launch


def test_a_binary_gets_the_projector_and_the_adapters() -> None:
    words = FULL.arguments()
    assert words[words.index("--mmproj") + 1] == "/eyes.gguf"
    assert words[words.index("--lora") + 1] == "/one.gguf,/two.gguf"
    assert "--no-mmproj-offload" in words
    assert not {"--mmproj", "--lora", "--no-mmproj-offload"} & set(PLAIN.arguments())


def test_an_adapter_changes_what_the_model_says(start_server: StartServer, tmp_path: Path) -> None:
    shape = SHAPES["micro"]
    weights = write_micro_model(tmp_path / "micro.gguf")
    adapter = write_adapter(tmp_path / "lora.gguf", width=shape.width, layers=shape.layers)
    server = start_server()
    add_model(server.home / "models", "plain", weights)
    add_model(server.home / "models", "adapted", weights, adapter=adapter)

    def score(model: str) -> Sequence[float | None]:
        scored = server.client().completions.create(
            model=model, prompt=[300, 400, 500, 600], echo=True, logprobs=0, max_tokens=0
        )
        assert scored.choices[0].logprobs is not None
        return scored.choices[0].logprobs.token_logprobs or []

    def say(model: str) -> str:
        client = server.client()
        answer = client.completions.create(model=model, prompt="hello", temperature=0, max_tokens=8)
        return answer.choices[0].text

    assert say("plain") != say("adapted")
    differences = [abs((a or 0) - (b or 0)) for a, b in zip(score("plain"), score("adapted"), strict=True)]
    assert max(differences) > 0.01
