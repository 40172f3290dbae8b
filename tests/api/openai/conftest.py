"""Models with random weights, for what holds with any weights."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from benchmarks.random_model import CHATML, SHAPES, write_random_model
from tests.server import RunningServer, running_server
from tests.stored_models import add_model

TOOL_TEMPLATE = (
    "{%- if tools %}<|im_start|>system\nTools: {% for tool in tools %}{{ tool | tojson }}{% endfor %}<|im_end|>\n"
    "{% endif %}{%- for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{%- for call in message.tool_calls or [] %}<tool_call>\n"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}\n</tool_call>'
    "{%- endfor %}<|im_end|>\n{% endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template that knows tools."""


@pytest.fixture(scope="module", params=["no-tools", "tools"])
def model(request: pytest.FixtureRequest) -> str:
    """A random model: one whose template knows no tools, and one whose template does."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def random_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home: Path = tmp_path_factory.mktemp("tools")
    for name, template in {"no-tools": CHATML, "tools": TOOL_TEMPLATE}.items():
        weights = home / f"{name}.gguf"
        write_random_model(weights, SHAPES["micro"], chat_template=template)
        add_model(home / "models", name, weights)
    with running_server(home) as server:
        yield server


@pytest.fixture
def random_client(random_server: RunningServer) -> openai.OpenAI:
    return random_server.client()
