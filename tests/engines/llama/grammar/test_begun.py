"""Calls that are the model's choice: free until one has unmistakably begun."""

import pytest
from llguidance import LLMatcher

from puna.core.tools import Tool
from puna.engines.llama.grammar.compiled import TOKEN, TOKENIZER, compile_answer
from puna.engines.llama.grammar.plan import Compiled, Plan
from puna.engines.llama.markup import HARMONY, PUNA_SHAPE, CallShape
from tests.templates.subject import tool

TOOLS = (tool(), tool("get_weather_map", zone={"type": "string"}))
NEMO = CallShape('[TOOL_CALLS][{"name": "', '", "arguments": ', "}]", '}, {"name": "')
MISTRAL = CallShape("[TOOL_CALLS]", "[ARGS]", "")
CALL = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}'
WRONG = '{"name": "get_weather", "arguments": {"city": 3'


def grammar(shape: CallShape = PUNA_SHAPE, *tools: Tool, control: dict[str, int] | None = None) -> str:
    control = control or {}
    compiled = compile_answer(
        Plan(tools=tools or TOOLS, shape=shape, control=control, chosen=True, specials=tuple(control.values()))
    )
    assert isinstance(compiled, Compiled)
    source = compiled.grammar
    for number, sign in zip(control.values(), "\x01\x02\x03", strict=False):
        source = source.replace(f"<[{number}]>", rf'"\u{ord(sign):04}"')
    assert not TOKEN.search(source)
    return source.replace("(?s:.*)", r"[^\x01-\x03]*").replace("(?s:.+)", r"[^\x01-\x03]+")


def takes(source: str, text: str) -> bool:
    """Whether an answer may be that."""
    matcher = LLMatcher(TOKENIZER, source)
    assert not matcher.is_error(), matcher.get_error()
    return all(matcher.consume_token(byte) for byte in text.encode()) and matcher.is_accepting()


def begins(source: str, text: str) -> bool:
    """Whether an answer may begin so."""
    matcher = LLMatcher(TOKENIZER, source)
    return all(matcher.consume_token(byte) for byte in text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Good morning.",
        '{"answer": 42}',
        CALL,
        WRONG,
        "Write <tool_call> first.",
        f"Hi\n<tool_call>\n{CALL}\n</tool_call>",
        f"<tool_call>{CALL}</tool_call>\n<tool_call>{CALL}</tool_call> That is it.",
        '<tool_call>{"name": "get_moon", "arguments": {"city": 3}}</tool_call>',
        '<tool_call>{"name": "get_weather", "parameters": {"city": 3}}</tool_call>',
        f"<tool_call>\n```json\n{WRONG}",
    ],
)
def test_what_is_no_such_beginning_is_free(text: str) -> None:
    assert takes(grammar(), text)


@pytest.mark.parametrize(
    "begun",
    [
        f"<tool_call>\n{WRONG}",
        f"Hi <tool_call> and <tool_call> {WRONG}",
        f"<tool_call>{CALL}</tool_call>\n<tool_call>{WRONG}",
        '<tool_call>{"name":"get_weather","arguments":{"city": 3',
        '<tool_call>{"name": "get_weather_map", "arguments": {"city"',
        '<tool_call>{"name": "get_weather", "arguments": []',
    ],
)
def test_a_begun_call_fits_its_tool(begun: str) -> None:
    assert not begins(grammar(), begun)


def test_an_answer_does_not_end_within_a_call() -> None:
    assert not takes(grammar(), '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"')


def test_calls_in_one_list_are_held_each() -> None:
    first = f"[TOOL_CALLS][{CALL}, "
    assert takes(grammar(NEMO), f"{first}{CALL}]")
    assert not begins(grammar(NEMO), first + WRONG)
    assert takes(grammar(NEMO), f"[{WRONG}")


def test_marks_that_are_tokens_begin_calls_and_nothing_else_does() -> None:
    source = grammar(control={"<tool_call>": 301, "</tool_call>": 302})
    assert takes(source, f"\x01\n{CALL}\n\x02 So.")
    assert takes(source, f"<tool_call>{WRONG}")
    assert takes(source, f"\x01{CALL}\x02\x01 and \x02")
    assert not begins(source, f"\x01\n{WRONG}")
    assert not begins(source, f"Hm \x01 hm \x01{CALL}\x02\x01{WRONG}")


def test_a_name_alone_is_told_from_longer_ones_by_what_follows() -> None:
    source = grammar(MISTRAL, control={"[TOOL_CALLS]": 301, "[ARGS]": 302})
    assert takes(source, '\x01get_weather\x02{"city": "Paris", "days": 3}')
    assert not begins(source, '\x01get_weather\x02{"city": 3')
    assert takes(source, '\x01get_weather_map\x02{"zone": "Paris"}')
    assert takes(source, '\x01get_weather_forecast\x02{"city": 3}')


def test_harmony() -> None:
    source = grammar(HARMONY)
    begin = "<|channel|>analysis<|message|>to=functions.get_weather?<|end|><|start|>assistant<|channel|>commentary "
    assert takes(source, f'{begin}to=functions.get_weather <|constrain|>json<|message|>{{"city": "Rome", "days": 3}}')
    assert not begins(source, f'{begin}to=functions.get_weather <|constrain|>json<|message|>{{"city": 3')
    assert takes(source, f'{begin}to=functions.get_moon <|constrain|>json<|message|>{{"city": 3}}')
    assert takes(source, "Good morning.")


def test_a_tool_whose_schema_is_none_is_called_with_any_object() -> None:
    odd = Tool(name="odd", description="", parameters={"properties": {"a": {"enum": []}, "b": {"$ref": "x://y"}}})
    source = grammar(PUNA_SHAPE, odd, *TOOLS)
    assert takes(source, '<tool_call>{"name": "odd", "arguments": {"a": 3}}')
    assert not begins(source, f"<tool_call>{WRONG}")
