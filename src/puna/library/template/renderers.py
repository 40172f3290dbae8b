"""Chat templates for the formats that Ollama has code for, by the names that models' configs give them.

A config that names a renderer says which format its model was trained with. The weights mostly bring their maker's
own template, which comes first. These are for those that do not: each writes its format, with the tools described in
words of Puna's own. A format is a file in `formats/`, whose gaps (`@call@`) the table here fills.
"""

import re
from collections.abc import Mapping
from pathlib import Path

_FORMATS = Path(__file__).with_name("formats")
_GAP = re.compile(r"@(\w+)@")

_JSON = {
    "form": r"""{{- 'Call one with its name and arguments as JSON:\n<tool_call>\n' }}
        {{- '{"name": "function", "arguments": {"key": "value"}}\n</tool_call>' }}""",
    "call": r"""{{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- arguments if arguments is string else arguments | tojson }}
            {{- '}\n</tool_call>' }}""",
}
_XML = {
    "form": r"""{{- 'Call one in this form, with nothing after it:\n<tool_call>\n<function=name>\n' }}
        {{- '<parameter=key>\nvalue\n</parameter>\n</function>\n</tool_call>' }}""",
    "call": r"""{{- '<tool_call>\n<function=' + call.function.name + '>\n' }}
            {%- for key, value in arguments | items %}
                {{- '<parameter=' + key + '>\n' }}
                {{- value if value is string else value | tojson }}
                {{- '\n</parameter>\n' }}
            {%- endfor %}
            {{- '</function>\n</tool_call>' }}""",
}
_ANSWERED = {"results": "user", "before": r"<tool_response>\n", "behind": r"\n</tool_response>"}
_NOTED = {
    "thoughts": r"""{%- if message.reasoning_content and loop.index0 > state.last %}
            {{- '<think>\n' + message.reasoning_content + '\n</think>\n\n' }}
        {%- endif %}"""
}
_SWITCHED = {
    "opening": r"""{%- if enable_thinking is defined and not enable_thinking %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- else %}
        {{- '<think>\n' }}
    {%- endif %}"""
}
_OLMO = "You are Olmo, a helpful AI assistant built by Ai2."

_QWEN35 = {**_XML, **_ANSWERED, **_NOTED, **_SWITCHED}
_LFM2 = {**_JSON, "start": "<|startoftext|>", "results": "tool"}

_GEMMA4 = {
    "open": "<|turn>",
    "close": "<turn|>",
    "system": "system",
    "quote": '<|"|>',
    "declare": "<|tool>",
    "declared": "<tool|>",
    "call": "<|tool_call>",
    "called": "<tool_call|>",
    "respond": "<|tool_response>",
    "responded": "<tool_response|>",
    "value": "value:",
    "thinks": "{%- set thinks = enable_thinking is defined and enable_thinking %}",
    "thoughts": r"""{%- if message.role == 'assistant' and message.reasoning_content and loop.index0 > state.last %}
            {{- '<|channel>thought\n' + message.reasoning_content + '\n<channel|>' }}
        {%- endif %}""",
    "answers": r"""{%- for each in message.tool_responses or [] %}
            {{- '<|tool_response>response:' + each.name }}
            {{- written(each.response if each.response is mapping else {'value': each.response}) }}
            {{- '<tool_response|>' }}
            {%- set state.answered = true %}
        {%- endfor %}
        {%- if message.tool_responses and message.content %}
            {{- message.content | trim }}
            {%- set state.answered = false %}
        {%- endif %}""",
}
"""llama-server hands a template that it knows as Gemma 4's the results with their calls."""
_FUNCTION_GEMMA = {
    "open": "<start_of_turn>",
    "close": "<end_of_turn>",
    "system": "developer",
    "quote": "<escape>",
    "declare": "<start_function_declaration>",
    "declared": "<end_function_declaration>",
    "call": "<start_function_call>",
    "called": "<end_function_call>",
    "respond": "<start_function_response>",
    "responded": "<end_function_response>",
    "thinks": "{%- set thinks = false %}",
    "tools": r"""{%- if tools %}
        {{- '\n' if first else '' }}
        {{- 'You are a model that can do function calling with the following functions' }}
    {%- endif %}""",
}
_LAGUNA_FORM = r"""{{- '\n\nCall one in this form:\n<tool_call>name\n<arg_key>key</arg_key>\n' }}
        {{- '<arg_value>value</arg_value>\n</tool_call>' }}"""
_POOLSIDE = (
    "You are a helpful, conversationally-fluent assistant made by Poolside. "
    "You are here to be helpful to users through natural language conversations."
)

_RENDERERS: dict[str, tuple[str, Mapping[str, str]]] = {
    "cogito": ("cogito", {}),
    "cohere": ("cohere", {}),
    "deepseek3.1": ("deepseek", {}),
    "functiongemma": ("gemma", _FUNCTION_GEMMA),
    "gemma4": ("gemma", _GEMMA4),
    "gemma4-large": ("gemma", {**_GEMMA4, "quiet": r"<|channel>thought\n<channel|>"}),
    "gemma4-small": ("gemma", _GEMMA4),
    "glimmer": ("glimmer", {}),
    "harmony": ("harmony", {}),
    "glm-4.7": ("glm", {"quiet": "</think>", "opening": "<think>"}),
    "glm-ocr": ("glm", {"newline": r"\n", "quiet": r"<think></think>\n"}),
    "laguna": ("laguna", {"newline": r"\n", "form": _LAGUNA_FORM, "system": _POOLSIDE}),
    "lfm2": ("chatml", _LFM2),
    "lfm2-thinking": ("chatml", {**_LFM2, **_NOTED}),
    "nemotron-3-nano": ("chatml", _QWEN35),
    "nemotron-3.5-nano": ("chatml", _QWEN35),
    "olmo3": ("chatml", {**_JSON, "results": "environment"}),
    "olmo3-32b-think": ("chatml", {**_JSON, **_NOTED, "results": "environment", "opening": "{{- '<think>' }}"}),
    "olmo3-think": (
        "chatml",
        {**_JSON, **_NOTED, "results": "environment", "opening": "{{- '<think>' }}", "system": _OLMO},
    ),
    "olmo3.1": ("chatml", {**_JSON, "results": "environment", "system": _OLMO}),
    "ornith": ("chatml", _QWEN35),
    "poolside-v1": ("laguna", {"system": _POOLSIDE}),
    "qwen3-coder": ("chatml", {**_XML, **_ANSWERED}),
    "qwen3-vl-instruct": ("chatml", {**_JSON, **_ANSWERED}),
    "qwen3-vl-thinking": ("chatml", {**_JSON, **_ANSWERED, **_NOTED, "opening": r"{{- '<think>\n' }}"}),
    "qwen3.5": ("chatml", _QWEN35),
    "qwen3.8": ("chatml", _QWEN35),
}

NAMES = tuple(sorted(_RENDERERS))
"""Every name that a config or a Modelfile may give a renderer."""

PARSERS = (*NAMES, "deepseek3", "gemma4-no-thinking", "ministral", "passthrough", "qwen3", "qwen3-thinking")
"""Every name of a parser. How an answer is read is found in its template, so that a parser needs nothing more."""

_HARMONY = ("gptoss", "gpt-oss")


def renderer_of(family: str, template: str) -> str | None:
    """The renderer that a model needs whose config names none: gpt-oss has its format in a template that uses more of
    Go's language than can be translated."""
    return "harmony" if family in _HARMONY and "<|channel|>" in template else None


def rendering(name: str) -> str | None:
    """The template that a name stands for, in Jinja; None where there is none here."""
    if name not in _RENDERERS:
        return None
    form, gaps = _RENDERERS[name]
    text = (_FORMATS / f"{form}.jinja").read_text(encoding="utf-8")
    return _GAP.sub(lambda gap: gaps.get(gap[1], ""), text)
