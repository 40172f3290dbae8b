"""The templates that stand for Ollama's renderers: each writes its format, for whoever has been trained with it."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from puna.core.errors import InvalidRequest
from puna.core.template import BARE
from puna.engines.llama.chat.harmony import is_harmony
from puna.formats.gguf import Metadata
from puna.library.capabilities import gguf_capabilities
from puna.library.creation import create
from puna.library.library import Library
from puna.library.model import Model
from puna.library.modelfile import Modelfile, ModelfileError
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from puna.library.template.renderers import NAMES, of_size, rendering
from tests.library.ggufs import write
from tests.library.rendered import render

TOOL = {
    "name": "weather",
    "description": "Tells it.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather in Rome?"},
    {
        "role": "assistant",
        "content": "",
        "reasoning_content": "I ask.",
        "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Rome"}}}],
    },
    {"role": "tool", "name": "weather", "content": "Sunny."},
    {"role": "assistant", "content": "It is sunny."},
    {"role": "user", "content": "And tomorrow?"},
]


@pytest.mark.parametrize("name", NAMES)
def test_every_turn_is_in_the_prompt_once(name: str) -> None:
    prompt = render(name, MESSAGES)
    for text in ("Be brief.", "Weather in Rome?", "Sunny.", "It is sunny.", "And tomorrow?"):
        assert prompt.count(text) == 1
    assert prompt.index("Sunny.") < prompt.index("It is sunny.") < prompt.index("And tomorrow?")


@pytest.mark.parametrize("name", NAMES)
def test_tools_and_their_calls_are_in_the_prompt(name: str) -> None:
    prompt = render(name, MESSAGES, tools=[{"type": "function", "function": TOOL}])
    assert "Tells it." in prompt
    assert "weather" in prompt[prompt.index("Weather in Rome?") :]
    assert "Rome" in prompt[prompt.index("Weather in Rome?") + 20 :]


@pytest.mark.parametrize(
    "name", ["functiongemma", "lfm2", "olmo3", "olmo3.1", "qwen3-coder", "qwen3-vl-instruct", "qwen3.5"]
)
def test_only_what_thinks_says_so(name: str, tmp_path: Path) -> None:
    found = {*gguf_capabilities(Metadata.read(write(tmp_path / "m.gguf")), rendering(name) or "")}
    assert ("thinking" in found) == (name == "qwen3.5")


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("qwen3-coder", "<|im_start|>assistant\n"),
        ("qwen3-vl-thinking", "<|im_start|>assistant\n<think>\n"),
        ("qwen3.5", "<|im_start|>assistant\n<think>\n"),
        ("glm-4.7", "<|user|>And tomorrow?<|assistant|><think>"),
        ("cogito", "<｜User｜>And tomorrow?<｜Assistant｜>"),  # noqa: RUF001 — the model's own sign
        ("cohere", "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|><|START_THINKING|>"),
        ("functiongemma", "<end_of_turn>\n<start_of_turn>model\n"),
        ("glimmer", "<|start|>user<|message|>And tomorrow?<|eot|><|start|>assistant"),
        ("laguna", "<user>\nAnd tomorrow?\n</user>\n<assistant>\n</think>"),
        ("poolside-v1", "<user>And tomorrow?</user>\n<assistant></think>"),
        ("glm-ocr", "<|user|>\nAnd tomorrow?<|assistant|>\n"),
        ("deepseek3.1", "<｜User｜>And tomorrow?<｜Assistant｜><think>"),  # noqa: RUF001 — the model's own sign
        ("gemma4-small", "<turn|>\n<|turn>model\n"),
        ("gemma4-large", "<|turn>model\n<|channel>thought\n<channel|>"),
        ("harmony", "<|start|>user<|message|>And tomorrow?<|end|><|start|>assistant"),
        ("olmo3-think", "<|im_start|>assistant\n<think>"),
    ],
)
def test_the_answer_is_opened_as_the_format_has_it(name: str, ending: str) -> None:
    assert render(name, MESSAGES).endswith(ending)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (
            "cogito",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n"  # noqa: RUF001
            '```json\n{"city": "Rome"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',  # noqa: RUF001
        ),
        (
            "cohere",
            '{"tool_call_id": "0", "tool_name": "weather", "parameters": {"city": "Rome"}}\n\n]<|END_ACTION|>',
        ),
        ("lfm2", '<|tool_call_start|>[weather(city="Rome")]<|tool_call_end|><|im_end|>'),
        ("olmo3", '<function_calls>weather(city="Rome")</function_calls><|im_end|>'),
        ("functiongemma", "<start_function_call>call:weather{city:<escape>Rome<escape>}<end_function_call>"),
        ("gemma4", '<|tool_call>call:weather{city:<|"|>Rome<|"|>}<tool_call|>'),
        (
            "glimmer",
            '<|start|>assistant to=weather<|message|><atem:function_calls>\n<atem:invoke name="weather">\n'
            '<atem:parameter name="city">Rome</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eot|>',
        ),
        (
            "laguna",
            "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n</tool_call>\n</assistant>",
        ),
        (
            "poolside-v1",
            "<tool_call>weather<arg_key>city</arg_key><arg_value>Rome</arg_value></tool_call></assistant>",
        ),
    ],
)
def test_a_call_is_written_as_the_format_has_it(name: str, written: str) -> None:
    assert written in render(name, MESSAGES, tools=[{"type": "function", "function": TOOL}])


def test_thinking_is_switched_on_where_the_format_has_it_off() -> None:
    assert render("laguna", MESSAGES, enable_thinking=True).endswith("<assistant>\n<think>")
    prompt = render("cogito", MESSAGES, enable_thinking=True)
    assert prompt.startswith("<bos>Enable deep thinking subroutine.\n\n")
    assert prompt.endswith("<think>\n")
    assert "<|turn>system\n<|think|>\nBe brief." in render("gemma4", MESSAGES, enable_thinking=True)


def test_gemma_4_gets_results_with_their_calls() -> None:
    """That is how the engine hands them over once it knows the template as Gemma 4's."""
    call = {"function": {"name": "weather", "arguments": {"city": "Rome"}}}
    message = {
        "role": "assistant",
        "tool_calls": [call],
        "tool_responses": [{"name": "weather", "response": "Sunny."}],
    }
    prompt = render("gemma4", [*MESSAGES[:2], message])
    assert prompt.endswith('<tool_call|><|tool_response>response:weather{value:<|"|>Sunny.<|"|>}<tool_response|>')


def test_thinking_can_be_switched_off() -> None:
    assert render("qwen3.5", MESSAGES, enable_thinking=False).endswith("<think>\n\n</think>\n\n")
    assert render("glm-4.7", MESSAGES, enable_thinking=False).endswith("<|assistant|></think>")


@pytest.mark.parametrize(
    ("name", "effort", "told"),
    [
        ("qwen3.8", None, "Reasoning effort is set to xhigh."),
        ("qwen3.8", "low", "Reasoning effort is set to low."),
        ("glimmer", None, "Reasoning strength: high."),
        ("glimmer", "max", "Reasoning strength: max."),
    ],
)
def test_a_format_with_levels_says_how_much_to_think(name: str, effort: str | None, told: str) -> None:
    assert told in render(name, MESSAGES, reasoning_effort=effort)
    assert told not in render(name, MESSAGES, reasoning_effort=effort, enable_thinking=False)


@pytest.mark.parametrize("name", ["glimmer", "qwen3.8"])
def test_a_later_system_message_is_one_as_the_format_has_it(name: str) -> None:
    prompt = render(name, [*MESSAGES[1:2], {"role": "system", "content": "Be brief."}])
    assert prompt.count("system") == 1
    assert "Be brief." in prompt


def test_harmony_declares_functions_and_says_how_much_to_think() -> None:
    prompt = render("harmony", MESSAGES, tools=[{"type": "function", "function": TOOL}], reasoning_effort="high")
    assert "Reasoning: high" in prompt
    assert f"Current date: {datetime.datetime.now():%Y-%m-%d}" in prompt
    assert "type weather = (_: {\ncity?: string,\n}) => any;" in prompt
    assert 'to=functions.weather<|channel|>commentary <|constrain|>json<|message|>{"city": "Rome"}<|call|>' in prompt


def test_the_engine_knows_harmony_by_its_template() -> None:
    template = rendering("harmony")
    assert template
    assert is_harmony(template)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "models")


def made(library: Library, tmp_path: Path, modelfile: str, **values: Any) -> Model:
    write(tmp_path / "m.gguf", values=values)
    recipe = Recipe.of(Modelfile.parse(f"FROM m.gguf\n{modelfile}"), tmp_path)
    return create(library, ModelName.parse("m"), recipe)


def test_a_renderer_is_the_template_it_stands_for(library: Library, tmp_path: Path) -> None:
    model = made(library, tmp_path, "RENDERER qwen3.5\nPARSER qwen3.5")
    assert model.template == rendering("qwen3.5")
    assert "thinking" in model.capabilities
    child = create(library, ModelName.parse("child"), Recipe(base=model.name, system="Be brief."))
    assert (child.config.renderer, child.config.parser) == ("qwen3.5", "qwen3.5")


@pytest.mark.parametrize(
    ("family", "renderer"),
    [("gemma4", "gemma4"), ("laguna", "laguna"), ("nemotron_h_moe", "nemotron-3-nano")],
)
def test_a_model_without_any_template_has_its_familys_format(
    library: Library, tmp_path: Path, family: str, renderer: str
) -> None:
    weights = write(tmp_path / "m.gguf", architecture=family)
    model = create(library, ModelName.parse("m"), Recipe(files={"m.gguf": weights}))
    assert model.template == rendering(renderer)
    own = create(library, ModelName.parse("own"), Recipe(base=model.name, template="[INST] {{ .Prompt }}"))
    assert "[INST]" in (own.template or "")


def test_gemma_4_has_the_format_of_its_size() -> None:
    assert of_size("gemma4", 8 * 10**9) == "gemma4"
    assert of_size("gemma4", 12 * 10**9) == "gemma4-large"
    assert of_size("gemma4-small", 12 * 10**9) == "gemma4-small"


def test_the_makers_own_template_comes_first(library: Library, tmp_path: Path) -> None:
    model = made(library, tmp_path, "RENDERER qwen3.5", **{"tokenizer.chat_template": "{{ messages }}"})
    assert model.template is None


def test_a_template_takes_the_place_of_a_renderer(library: Library, tmp_path: Path) -> None:
    model = made(library, tmp_path, "RENDERER qwen3.5")
    own = create(
        library, ModelName.parse("own"), Recipe(base=model.name, template="{% for m in messages %}{% endfor %}")
    )
    assert own.config.renderer == ""
    assert own.template == "{% for m in messages %}{% endfor %}"


def test_a_renderer_of_a_newer_config_is_refused_by_its_name(library: Library, tmp_path: Path) -> None:
    model = made(library, tmp_path, "RENDERER qwen3.5")
    model.__dict__["config"] = model.config._replace(renderer="qwen9")
    with pytest.raises(InvalidRequest, match="'qwen9'"):
        _ = model.template


def test_a_renderer_that_nobody_knows_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ModelfileError, match=r"line 2: there is no renderer 'x'; known ones are .*qwen3-coder"):
        Modelfile.parse("FROM m\nRENDERER x")


def test_gpt_oss_needs_no_translation_of_its_template(library: Library, tmp_path: Path) -> None:
    """It uses more of Go's language than can be translated."""
    source = "<|start|>system<|message|>{{ currentDate }}<|end|><|start|>assistant<|channel|>"
    weights = write(tmp_path / "oss.gguf", architecture="gptoss")
    model = create(library, ModelName.parse("oss"), Recipe(files={"oss.gguf": weights}))
    model.__dict__["template_source"] = source
    assert model.template == rendering("harmony")


@pytest.mark.parametrize("modelfile", ["", "TEMPLATE {{ .Prompt }}", 'TEMPLATE "{{ .Prompt }}\n"'])
def test_a_model_without_a_template_gets_the_bare_text_and_no_tools(
    library: Library, tmp_path: Path, modelfile: str
) -> None:
    model = made(library, tmp_path, modelfile)
    assert model.template == BARE
    assert model.capabilities == ("completion",)


def test_any_template_makes_tools_possible(library: Library, tmp_path: Path) -> None:
    assert "tools" in made(library, tmp_path, "TEMPLATE [INST] {{ .Prompt }} [/INST]").capabilities
    assert "tools" in made(library, tmp_path, "", **{"tokenizer.chat_template": "{{ messages }}"}).capabilities
