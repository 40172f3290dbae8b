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

_CHATML = {
    "always": "false",
    "apart": "false",
    "described": r"""{{- 'You can call functions. Their signatures:\n<tools>' }}
        {%- for tool in tools %}
            {{- '\n' }}{{ tool | tojson }}
        {%- endfor %}
        {{- '\n</tools>\n' }}""",
    "between": r"\n",
    "joined": r"\n",
    "lead": r"\n",
    "toolless": "''",
}
_ANSWERED = {"results": "user", "before": r"<tool_response>\n", "behind": r"\n</tool_response>"}
_JSON = {
    **_CHATML,
    **_ANSWERED,
    "form": r"""{{- 'Call one with its name and arguments as JSON:\n<tool_call>\n' }}
        {{- '{"name": "function", "arguments": {"key": "value"}}\n</tool_call>' }}""",
    "call": r"""{{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- arguments if arguments is string else arguments | tojson }}
            {{- '}\n</tool_call>' }}""",
}


def _xml(value: str = "value | tojson") -> dict[str, str]:
    """Calls in tags; values that are no texts are written as `value` says."""
    return {
        **_CHATML,
        **_ANSWERED,
        "form": r"""{{- 'Call one in this form, with nothing after it:\n<tool_call>\n<function=name>\n' }}
        {{- '<parameter=key>\nvalue\n</parameter>\n</function>\n</tool_call>' }}""",
        "call": rf"""{{{{- '<tool_call>\n<function=' + call.function.name + '>\n' }}}}
            {{%- for key, value in arguments | items %}}
                {{{{- '<parameter=' + key + '>\n' }}}}
                {{{{- value if value is string else {value} }}}}
                {{{{- '\n</parameter>\n' }}}}
            {{%- endfor %}}
            {{{{- '</function>\n</tool_call>' }}}}""",
    }


def _python(comma: str) -> str:
    """A call as Python has it."""
    return rf"""{{{{- call.function.name + '(' }}}}
            {{%- for key, value in arguments | items %}}
                {{{{- ('' if loop.first else '{comma}') + key + '=' }}}}{{{{ value | tojson }}}}
            {{%- endfor %}}
            {{{{- ')' }}}}"""


_THINKS = {"thinks": "{%- set thinks = enable_thinking is not defined or enable_thinking -%}"}
_NOTED = {
    **_THINKS,
    "thoughts": r"""{%- if thinks and message.reasoning_content and loop.index0 > state.last %}
            {{- '<think>\n' + message.reasoning_content + '\n</think>\n\n' }}
        {%- endif %}""",
}
_OPENED = r"""{%- if thinks %}
        {{- '<think>\n' }}
    {%- endif %}"""
_SWITCHED = r"""{{- '<think>\n' if thinks else '<think>\n\n</think>\n\n' }}"""
_QWEN35 = {
    **_xml(),
    **_THINKS,
    "trim": " | trim",
    "lead": r"\n\n",
    "thoughts": r"""{%- if thinks and loop.index0 > state.last %}
            {{- '<think>\n' + (message.reasoning_content or '') | trim + '\n</think>\n\n' }}
        {%- endif %}""",
    "opening": _SWITCHED,
}
_ORNITH = {**_QWEN35, "thoughts": r"{{- '<think>\n' + (message.reasoning_content or '') | trim + '\n</think>\n\n' }}"}

_QWEN38 = {
    **_ORNITH,
    "gathered": r"""{%- set gathered = namespace(system='', rest=[]) %}
{%- for message in messages %}
    {%- if message.role != 'system' %}
        {%- set gathered.rest = gathered.rest + [message] %}
    {%- elif message.content | trim %}
        {%- set gathered.system = gathered.system + ('\n\n' if gathered.system else '') + message.content | trim %}
    {%- endif %}
{%- endfor %}
{%- set rest = gathered.rest %}
{%- set system = gathered.system %}
{%- set effort = reasoning_effort or 'xhigh' %}
{%- set effort = effort if effort in ['low', 'medium', 'xhigh'] else 'xhigh' %}
{%- if thinks and effort != 'medium' %}
    {%- set much = 'Please think carefully through the task, validate key assumptions, consider plausible '
        + 'alternatives, and prioritize correctness, consistency, and clarity in the final answer.' %}
    {%- set little = 'Keep your thinking brief and focused, moving directly to the conclusion without '
        + 'unnecessary elaboration.' %}
    {%- set effort = 'Reasoning effort is set to ' + effort + '. ' + (little if effort == 'low' else much) %}
    {%- set system = effort + ('\n\n' if system else '') + system %}
{%- endif %}""",
}
"""The model was trained with these words for how much it shall think, and with one system message."""


def _nemotron(thought: str, gone: str, said: str) -> dict[str, str]:
    """What is behind a thought, what is left of one of before, and how what a user says is written."""
    xml = _xml("value | tojson if value is mapping or value is iterable else value | string")
    return {
        **xml,
        **_THINKS,
        "always": "true",
        "between": "",
        "behind": r"\n</tool_response>\n",
        "joined": "",
        "said": said,
        "thoughts": rf"""{{%- set content = content | trim if message.tool_calls else content.rstrip() %}}
        {{%- if message.reasoning_content and loop.index0 > state.last %}}
            {{{{- '<think>\n' + message.reasoning_content + '{thought}</think>\n' }}}}
        {{%- elif message.tool_calls and not content %}}
            {{{{- '<think></think>\n' }}}}
        {{%- else %}}
            {{{{- '<think></think>' + ('{gone}' if message.reasoning_content else '') }}}}
        {{%- endif %}}""",
        "call": xml["call"] + r"{{- '\n' }}",
        "opening": r"{{- '<think>\n' if thinks else '<think></think>' }}",
    }


_LFM2 = {
    **_CHATML,
    "start": "<|startoftext|>",
    "described": r"""{{- 'List of tools: <|tool_list_start|>[' }}
        {%- for tool in tools %}
            {{- ', ' if not loop.first else '' }}{{ tool.function | tojson }}
        {%- endfor %}
        {{- ']<|tool_list_end|>' }}""",
    "calls": "<|tool_call_start|>[",
    "call": _python(","),
    "called": "]<|tool_call_end|>",
    "between": ",",
    "apart": "true",
    "results": "tool",
    "before": "<|tool_response_start|>",
    "behind": "<|tool_response_end|>",
}
_LFM2_THOUGHTS = r"""{%- if message.reasoning_content and (thinks or loop.index0 == state.said) %}
            {{- '<think>' + message.reasoning_content + '</think>' }}
        {%- endif %}"""
_HELPFUL = "You are a helpful AI assistant."
_FUNCTION_CALLING = "You are a helpful function-calling AI assistant."
_OLMO = (
    "You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, "
    "and your model weights are available at https://huggingface.co/allenai."
)
_NO_FUNCTIONS = "' You do not currently have access to any functions. <functions></functions>'"
_OLMO3 = {
    **_CHATML,
    "described": r"""{{- 'You can call functions. <functions>' }}{{ tools | tojson }}{{ '</functions>\n' }}""",
    "form": r"""{{- 'Call one in this form, several in lines of their own:\n' }}
        {{- '<function_calls>name(key="value")</function_calls>' }}""",
    "calls": "<function_calls>",
    "call": _python(", "),
    "called": "</function_calls>",
    "apart": "true",
    "results": "environment",
    "lead": "",
    "toolless": f"'' if first else {_NO_FUNCTIONS}",
}
_OLMO3_THINK = {**_OLMO3, "toolless": f"{_NO_FUNCTIONS} if first else ''", "opening": "{{- '<think>' }}"}

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
        {{- message.content | trim if message.tool_responses and message.content else '' }}""",
    "resumed": r"""{{- '<|channel>thought\n' if thinks else '' }}""",
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
_GLM_OCR = {
    "newline": r"\n",
    "quiet": r"<think></think>\n",
    "hush": "/nothink",
    "trim": " | trim",
    "ended": r"\n",
    "shown": r"\n",
    "unthought": "<think></think>",
}
_LAGUNA_FORM = r"""{{- '\n\nCall one in this form:\n<tool_call>name\n<arg_key>key</arg_key>\n' }}
        {{- '<arg_value>value</arg_value>\n</tool_call>' }}"""
_POOLSIDE = (
    "You are a helpful, conversationally-fluent assistant made by Poolside. "
    "You are here to be helpful to users through natural language conversations."
)
_LAGUNA = {
    "newline": r"\n",
    "form": _LAGUNA_FORM,
    "system": _POOLSIDE,
    "trim": " | trim",
    "thoughts": r"""{{- '<think>\n' + message.reasoning_content + '\n' if message.reasoning_content else '' }}
        {{- '</think>\n' }}""",
}
_POOLSIDE_V1 = {
    "system": _POOLSIDE,
    "thoughts": "{{- '<think>' + (message.reasoning_content or '') if thinks else '' }}{{- '</think>' }}",
}

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
    "glm-4.7": ("glm", {"quiet": "</think>", "opening": "<think>", "unthought": "</think>"}),
    "glm-ocr": ("glm", _GLM_OCR),
    "laguna": ("laguna", _LAGUNA),
    "lfm2": ("chatml", _LFM2),
    "lfm2-thinking": ("chatml", {**_LFM2, **_THINKS, "thoughts": _LFM2_THOUGHTS}),
    "nemotron-3-nano": ("chatml", _nemotron(r"\n", r"\n", " | trim")),
    "nemotron-3.5-nano": ("chatml", _nemotron("", "", "")),
    "olmo3": ("chatml", {**_OLMO3, "system": _FUNCTION_CALLING}),
    "olmo3-32b-think": ("chatml", {**_OLMO3_THINK, "system": _HELPFUL}),
    "olmo3-think": ("chatml", {**_OLMO3_THINK, "system": _OLMO}),
    "olmo3.1": ("chatml", {**_OLMO3, "system": _OLMO}),
    "ornith": ("chatml", _ORNITH),
    "poolside-v1": ("laguna", _POOLSIDE_V1),
    "qwen3-coder": ("chatml", {**_xml(), "lead": r"\n\n", "alone": r"\n"}),
    "qwen3-vl-instruct": ("chatml", _JSON),
    "qwen3-vl-thinking": ("chatml", {**_JSON, **_NOTED, "opening": _OPENED}),
    "qwen3.5": ("chatml", _QWEN35),
    "qwen3.8": ("chatml", _QWEN38),
}

NAMES = tuple(sorted(_RENDERERS))
"""Every name that a config or a Modelfile may give a renderer."""

PARSERS = (*NAMES, "deepseek3", "gemma4-no-thinking", "ministral", "passthrough", "qwen3", "qwen3-thinking")
"""Every name of a parser. How an answer is read is found in its template, so that a parser needs nothing more."""

_HARMONY = ("gptoss", "gpt-oss")
_FAMILIES = {
    "gemma4": "gemma4",
    "laguna": "laguna",
    **dict.fromkeys(("nemotron_h", "nemotron_h_moe", "nemotron_h_omni"), "nemotron-3-nano"),
}
_LARGE = 10**10
"""Between the parameters of Gemma 4's E4B and of its 12B, which was trained with another answer without a thought."""


def renderer_of(family: str, template: str) -> str | None:
    """The renderer that a model needs whose config names none: gpt-oss has its format in a template that uses more of
    Go's language than can be translated, and some come without any template."""
    if family in _HARMONY and "<|channel|>" in template:
        return "harmony"
    return None if template else _FAMILIES.get(family)


def of_size(renderer: str, parameters: int) -> str:
    """The renderer that a name stands for with so many parameters: Gemma 4 has two, and older configs one name."""
    return "gemma4-large" if renderer == "gemma4" and parameters >= _LARGE else renderer


def rendering(name: str) -> str | None:
    """The template that a name stands for, in Jinja; None where there is none here."""
    if name not in _RENDERERS:
        return None
    form, gaps = _RENDERERS[name]
    text = (_FORMATS / f"{form}.jinja").read_text(encoding="utf-8")
    return _GAP.sub(lambda gap: gaps.get(gap[1], ""), text)
