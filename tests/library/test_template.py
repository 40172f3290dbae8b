import json
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from puna.core.errors import InvalidRequest
from puna.library.conversion import convert
from puna.library.template import to_jinja
from tests.library.conversion import checkpoints
from tests.library.conversion.engine import running
from tests.library.conversion.test_llama import CONFIG

SYSTEM = {"role": "system", "content": "Be kind."}
HI = {"role": "user", "content": "Hi!"}
HELLO = {"role": "assistant", "content": "Hello."}
BYE = {"role": "user", "content": "Bye."}
TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {"a": {"type": "number", "description": "first"}}},
    },
}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": {"a": 1}}}],
}
RESULT = {"role": "tool", "content": "3", "tool_call_id": "1"}


def render(source: str, *messages: dict[str, Any], **values: Any) -> str:
    """Render as Transformers and llama.cpp do."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, separators=None: json.dumps(value, separators=separators)
    environment.globals["strftime_now"] = lambda form: form
    values = {"add_generation_prompt": True, **values}
    return environment.from_string(to_jinja(source)).render(messages=[*messages], **values)


CHATML = """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""

COLLECTING = """{{- $system := "" }}
{{- range .Messages }}
{{- if eq .Role "system" }}
{{- if not $system }}{{ $system = .Content }}
{{- else }}{{ $system = printf "%s\\n\\n%s" $system .Content }}
{{- end }}
{{- continue }}
{{- else if eq .Role "user" }}<user>
{{- if $system }}
{{ $system }}
{{- $system = "" }}
{{- end }}
{{- else if eq .Role "assistant" }}<model>
{{- end }}
{{ .Content }}<end>
{{ end }}<model>
"""

TOOLS = """{{- if or .System .Tools }}<sys>{{ .System }}
{{- if .Tools }}
<tools>
{{- range .Tools }}
{"function": {{ .Function }}}
{{- end }}
</tools>
{{- end }}</sys>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 -}}
{{- if eq .Role "user" }}<user>{{ .Content }}</user>
{{ else if eq .Role "assistant" }}<bot>
{{- if .Content }}{{ .Content }}
{{- else if .ToolCalls }}
{{- range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}
{{- end }}{{ if not $last }}</bot>
{{ end }}
{{- else if eq .Role "tool" }}<result>{{ .Content }}</result>
{{ end }}
{{- if and (ne .Role "assistant") $last }}<bot>{{ end }}
{{- end }}"""

EXCHANGES = """{{ if .System }}<|system|>
{{ .System }}<|end|>
{{ end }}{{ if .Prompt }}<|user|>
{{ .Prompt }}<|end|>
{{ end }}<|assistant|>
{{ .Response }}<|end|>
"""


def test_messages_one_after_another() -> None:
    assert render(CHATML, SYSTEM, HI, HELLO, BYE) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n"
        "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nBye.<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_answer_is_asked_for_where_it_is_wanted() -> None:
    assert render(CHATML, HI, add_generation_prompt=False) == "<|im_start|>user\nHi!<|im_end|>\n"


def test_a_variable_set_in_a_loop_keeps_its_value() -> None:
    assert render(COLLECTING, SYSTEM, HI, HELLO, BYE) == (
        "<user>\nBe kind.\nHi!<end>\n<model>\nHello.<end>\n<user>\nBye.<end>\n<model>\n"
    )


def test_messages_of_one_role_are_merged() -> None:
    assert render(COLLECTING, SYSTEM, {"role": "system", "content": "Be short."}, HI, BYE) == (
        "<user>\nBe kind.\n\nBe short.\nHi!\n\nBye.<end>\n<model>\n"
    )


def test_tools_calls_and_results() -> None:
    function = json.dumps(TOOL["function"], separators=(",", ":"))
    assert render(TOOLS, SYSTEM, HI, CALL, RESULT, tools=[TOOL]) == (
        f'<sys>Be kind.\n<tools>\n{{"function": {function}}}\n</tools></sys>\n<user>Hi!</user>\n'
        '<bot>{"name": "add", "arguments": {"a":1}}</bot>\n<result>3</result>\n<bot>'
    )


def test_without_tools_and_system_nothing_is_said_of_them() -> None:
    assert render(TOOLS, HI) == "<user>Hi!</user>\n<bot>"


def test_a_last_answer_is_left_open() -> None:
    assert render(TOOLS, HI, HELLO) == "<user>Hi!</user>\n<bot>Hello."


def test_arguments_may_be_text_already() -> None:
    call = json.loads(json.dumps(CALL))
    call["tool_calls"][0]["function"]["arguments"] = '{"a": 1}'
    assert '"arguments": {"a": 1}}' in render(TOOLS, HI, call, RESULT)


def test_an_older_template_is_rendered_once_for_each_exchange() -> None:
    assert render(EXCHANGES, SYSTEM, HI, HELLO, BYE) == (
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHi!<|end|>\n<|assistant|>\nHello.<|end|>\n"
        "<|user|>\nBye.<|end|>\n<|assistant|>\n"
    )


def test_an_older_template_lets_the_model_go_on() -> None:
    assert render(EXCHANGES, HI, HELLO) == "<|user|>\nHi!<|end|>\n<|assistant|>\nHello."


def test_a_template_without_a_response_gets_one_at_its_end() -> None:
    assert render("[INST] {{ .System }} {{ .Prompt }} [/INST]", SYSTEM, HI, HELLO, BYE) == (
        "[INST] Be kind. Hi! [/INST]Hello.[INST]  Bye. [/INST]"
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ .Messages | len }}", "2"),
        ("{{ len .Messages }}{{/* a\ncomment */}}!", "2!"),
        ("a  {{- /* trims */ -}}  b{{ if .Messages }}{{ end }}", "ab"),
        ("{{ (index .Messages 0).Content }}", "Hi!"),
        ("{{ with .System }}never{{ else }}none{{ end }}{{ if .Messages }}{{ end }}", "none"),
        ("{{ with $x := .Messages }}{{ len $x }}{{ end }}", "2"),
        ("{{ range .Tools }}never{{ else }}none{{ end }}{{ if .Messages }}{{ end }}", "none"),
        ("{{ range $m := .Messages }}{{ $m.Role }},{{ break }}{{ end }}", "user,"),
        ("{{ range $i, $m := .Messages }}{{ $i }}"
         "{{ range $j, $n := $.Messages }}{{ $i }}{{ $j }}.{{ end }}{{ end }}", "000.01.110.11."),
        ("{{ range .Messages }}({{ if eq .Role \"user\" }}skip{{ continue }}{{ end }}"
         "{{ .Content }}){{ end }}", "(skip(Hello.)"),
        ("{{ range .Messages }}({{ with .Role }}{{ . }}{{ continue }}{{ end }}never{{ end }}",
         "(user(assistant"),
        ("{{ range .Messages }}{{ range $.Messages }}{{ .Role }},{{ break }}{{ end }}.{{ end }}",
         "user,.user,."),
        ('{{ if .Messages }}{{ print "a" "b" }}{{ end }}', "ab"),
        ('{{ if and .Messages (eq 1 2 1) (lt 1 2) (not false) }}{{ "q\\"uote\'" }}{{ end }}', "q\"uote'"),
        ("{{ if .Messages }}{{ `raw\\n` }}{{ json 1 }}{{ end }}", "raw\\n1"),
        ("{{ if .Messages }}{{ currentDate }}{{ end }}", "%Y-%m-%d"),
        ("{{ range .Messages }}{{ $x := .Role }}"
         "{{ if true }}{{ $x := 1 }}{{ $x }}{{ end }}{{ $x }} {{ end }}",
         "1user 1assistant "),
        ("{% raw %}{{ .Messages }}{% endraw %}", "{{ .Messages }}"),
        ("\n  {{ range .Messages }}\n  {{ .Role }}\n{{ end }}\n", "\n  \n  user\n\n  assistant\n\n"),
    ],
)  # fmt: skip
def test_every_construct(source: str, text: str) -> None:
    assert render(source, HI, HELLO) == text


def test_thinking_is_asked_for_and_remembered() -> None:
    source = (
        "{{ range .Messages }}{{ .Thinking }}{{ end }}"
        "{{ if .IsThinkSet }}{{ if .Think }}/think{{ else }}/no{{ end }}{{ end }}"
    )
    thought = {**HELLO, "reasoning_content": "hm"}
    assert render(source, HI, thought) == "hm"
    assert render(source, HI, thought, enable_thinking=True) == "hm/think"
    assert render(source, HI, thought, enable_thinking=False) == "hm/no"


def test_properties_are_listed() -> None:
    source = (
        "{{ range .Messages }}{{ end }}{{ range .Tools }}"
        "{{ range $name, $p := .Function.Parameters.Properties }}"
        "{{ $name }}: {{ $p.Type }} ({{ $p.Description }}){{ end }}{{ end }}"
    )
    assert render(source, HI, tools=[TOOL]) == "a: number (first)"
    assert render(source, HI, tools=[{"type": "function", "function": {"name": "now"}}]) == ""


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ .Messages", "line 1: '{{' without '}}'"),
        ("\n\n{{ if .Messages }}", "line 3: 'if' without 'end'"),
        ("{{ end }}", "line 1: 'end' without"),
        ("\n{{ template \"x\" }}", "line 2: 'template' can't be translated"),
        ("\n{{ .Messages | shout }}", "line 2: the function 'shout' can't be translated"),
        ("{{ .Mesages }}", r"'\.Mesages' is unknown; known are \.IsThinkSet, \.Messages"),
        ("{{ range .Messages }}{{ .Colour }}{{ end }}", r"'\.Colour' can't be translated"),
        ("{{ $x }}{{ .Messages }}", r"\$x is not declared"),
        ("{{ $x = 1 }}{{ .Messages }}", r"\$x is not declared"),
        ("{{ eq 1 }}{{ .Messages }}", "wrong number of arguments"),
        ("{{ printf \"%5d\" 1 }}{{ .Messages }}", "'printf' has the wrong number"),
        ("{{ ( .Messages }}", r"'\(' without '\)'"),
        ("{{ .Messages ) }}", r"unexpected '\)'"),
        ("{{ .Messages ? 1 }}", "unexpected character"),
        ("{{ if }}{{ end }}", "an expression is missing"),
        ("{{ . }}{{ .Messages }}", "outside of 'range'"),
        ("{{ range .Messages }}{{ with .Role }}{{ if . }}{{ continue }}{{ end }}{{ end }}x{{ end }}",
         "'with'"),
        ("{{ define \"x\" }}{{ end }}", "'define' can't be translated"),
    ],
)  # fmt: skip
def test_what_has_no_translation_is_refused(source: str, problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        to_jinja(source)


SKIPPING = """{{- range .Messages }}({{ .Role }}
{{- if eq .Role "system" }}){{ continue }}{{ end }}: {{ .Content }})
{{- end }}(assistant: """


@pytest.mark.parametrize("source", [CHATML, COLLECTING, TOOLS, EXCHANGES, SKIPPING])
def test_the_engine_renders_it_alike(source: str, tmp_path: Path) -> None:
    config = {**CONFIG, "num_hidden_layers": 1}
    tokenizer = checkpoints.byte_level()
    folder = checkpoints.save(tmp_path / "m", config, checkpoints.decoder(config), tokenizer=tokenizer)
    convert(folder, tmp_path / "m.gguf")
    (tmp_path / "template").write_text(to_jinja(source))
    call = json.loads(json.dumps(CALL))
    call["tool_calls"][0]["function"]["arguments"] = '{"a":1}'  # as the OpenAI API has it
    with running(tmp_path / "m.gguf", f"template={tmp_path / 'template'}") as engine:
        for messages in ([HI], [SYSTEM, HI, HELLO, BYE]):
            found = engine.post("/apply-template", messages=messages)["prompt"]
            assert found == render(source, *messages)
        if source == TOOLS:
            messages = [SYSTEM, HI, call, RESULT]
            found = engine.post("/apply-template", messages=messages, tools=[TOOL])["prompt"]
            assert found == render(source, SYSTEM, HI, CALL, RESULT, tools=[TOOL])


def test_jinja_stays_as_it_is() -> None:
    source = "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert to_jinja(source) == source
