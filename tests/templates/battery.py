"""What has to hold with every chat template."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from puna.core.formats import JsonSchema
from puna.core.messages import Message, Text, ToolCall
from puna.core.tools import Tool, ToolChoice
from puna.engines.llama.grammar.begun import MARK
from puna.engines.llama.markup import ID, PUNA_SHAPE, CallShape
from tests.templates.cases import Cases
from tests.templates.subject import Subject, answer_of, ask, call, prompt_of, result, said, tool, turn, user

CASES = Cases()
WEATHER = tool()
TIME = tool("get_time", zone={"type": "string"})
TOOLS = (WEATHER, TIME)
PARIS = call(city="Paris", days=3)
OSLO = call(number=2, city="Oslo", days=1)
NOON = call("get_time", 3, zone="Europe/Oslo")


def system(text: str) -> Message:
    return said(text, role="system")


async def shows(subject: Subject, *messages: Message, tools: Sequence[Tool] = ()) -> None:
    """That all texts, arguments and results are in the prompt, in their order but for the system's."""
    prompt = await prompt_of(subject.engine, ask(*messages, tools=tools))
    place = 0
    for message in messages:
        for mark in [part.text for part in message.content if isinstance(part, Text)]:
            found = prompt.find(mark, 0 if message.role == "system" else place)
            assert found >= 0, f"{message.role} {mark!r} is not in {prompt[-600:]!r}"
            place = place if message.role == "system" else found
        for each in message.tool_calls:
            assert each.name in prompt, f"{each.name} is not in {prompt!r}"
            for value in marks(each.arguments):
                assert value in prompt, f"the argument {value!r} is not in {prompt[-600:]!r}"
    await answer_of(subject.engine, ask(*messages, tools=tools))


def marks(arguments: str) -> list[str]:
    try:
        return [value for value in json.loads(arguments).values() if isinstance(value, str)]
    except (json.JSONDecodeError, AttributeError):
        return re.findall(r"\w+", arguments)


@CASES.of("system")
async def a_system_message(subject: Subject) -> None:
    await shows(subject, system("ALPHA"), user("BETA"))


@CASES.of("system")
async def two_system_messages(subject: Subject) -> None:
    await shows(subject, system("ALPHA"), system("BETA"), user("GAMMA"))


@CASES.of("system")
async def a_later_system_message(subject: Subject) -> None:
    await shows(subject, system("ALPHA"), user("BETA"), said("GAMMA"), system("DELTA"), user("EPSILON"))


@CASES.of("system")
async def a_system_message_last(subject: Subject) -> None:
    await shows(subject, user("ALPHA"), said("BETA"), user("GAMMA"), system("DELTA"))


@CASES.of("system")
async def a_system_message_after_an_answer(subject: Subject) -> None:
    await shows(subject, user("ALPHA"), said("BETA"), system("DELTA"))


@CASES.of("system")
async def only_a_system_message(subject: Subject) -> None:
    await shows(subject, system("ALPHA"))


@CASES.of("system")
async def a_system_message_with_tools(subject: Subject) -> None:
    await shows(subject, system("ALPHA"), user("BETA"), said("GAMMA"), system("DELTA"), user("EPSILON"), tools=TOOLS)


@CASES.of("order")
async def an_assistant_message_first(subject: Subject) -> None:
    await shows(subject, said("ALPHA"), user("BETA"))


@CASES.of("order")
async def an_assistant_message_after_the_system(subject: Subject) -> None:
    await shows(subject, system("ALPHA"), said("BETA"), user("GAMMA"))


@CASES.of("order")
async def two_user_messages(subject: Subject) -> None:
    await shows(subject, user("ALPHA"), user("BETA"))


@CASES.of("order")
async def two_answers(subject: Subject) -> None:
    await shows(subject, user("ALPHA"), said("BETA"), said("GAMMA"), user("DELTA"))


@CASES.of("order")
async def several_parts(subject: Subject) -> None:
    message = Message(role="user", content=(Text("ALPHA"), Text("BETA")))
    await shows(subject, message)
    assert "ALPHABETA" not in await prompt_of(subject.engine, ask(message)), "parts are glued together"


@CASES.of("text")
async def text_with_tools_offered(subject: Subject) -> None:
    for text in ("Good morning.", '{"answer": 42}', 'I think {"name": "x"} is it.', "<b>bold</b> [a] <c"):
        answer = await subject.answer(await opened(subject, text, TOOLS), ask(user("?"), tools=TOOLS))
        assert (answer.text, answer.calls, answer.reason) == (text, [], "stop"), f"{text!r} became {answer}"


@CASES.of("text")
async def text_without_tools(subject: Subject) -> None:
    for text in ("Good morning.", '{"answer": 42}', "<b>bold</b> [a] <c"):
        answer = await subject.answer(await opened(subject, text, ()), ask(user("?")))
        assert (answer.text, answer.reason) == (text, "stop"), f"{text!r} became {answer}"


async def opened(subject: Subject, text: str, tools: Sequence[Tool]) -> str:
    """The text after thinking, where the model has to think."""
    thinking = (await subject.engine.traits()).thinking
    prompt = await prompt_of(subject.engine, ask(user("Well?"), tools=tools))
    if thinking and prompt.rstrip().endswith(thinking.start):
        return f"Hm.{thinking.end}\n\n{text}"
    return text


async def thoughtful(subject: Subject, text: str, tools: Sequence[Tool]) -> str:
    """The text after thinking, where the model may think."""
    thinking = (await subject.engine.traits()).thinking
    begun = await opened(subject, text, tools)
    return f"{thinking.start}Hm.{thinking.end}\n\n{text}" if thinking and begun == text else begun


async def unwilling(subject: Subject) -> str:
    """What a model says that does not want to call anything. In Harmony it does want to: there a forced token may be
    one of the text's, behind which the model would go on."""
    if (await subject.engine.traits()).harmony:
        return '<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{"zone": "Oslo"}'
    return await thoughtful(subject, "Good morning.", TOOLS)


async def called(subject: Subject, message: Message, *, most: int = 2000) -> None:
    text = await turn(subject.engine, message, TOOLS)
    if any(each.name not in text for each in message.tool_calls):
        return  # a model of this template is not taught such answers
    expected = [(each.name, json.loads(each.arguments)) for each in message.tool_calls]
    answer = await subject.answer(text, ask(user("Well?"), tools=TOOLS, most=most))
    assert answer.arguments == expected, f"{text!r} became {answer}"
    assert answer.reason == "tool_calls", f"{text!r} became {answer}"
    wanted = "".join(part.text for part in message.content if isinstance(part, Text))
    assert answer.text.strip() == wanted, f"{text!r} became {answer}"


@CASES.of("call")
async def one_call(subject: Subject) -> None:
    await called(subject, said("", PARIS))


@CASES.of("call")
async def a_call_with_odd_text(subject: Subject) -> None:
    await called(subject, said("", call(city='A "b" <c> {d}\n\\e\té 日本', days=-3)))


@CASES.of("call")
async def text_and_a_call(subject: Subject) -> None:
    if "Let me look." not in await turn(subject.engine, said("Let me look.", PARIS), TOOLS):
        return
    await called(subject, said("Let me look.", PARIS))


@CASES.of("call")
async def arguments_that_do_not_fit(subject: Subject) -> None:
    """A call whose form has marks and JSON in it fits its tool, once it has begun."""
    shape = await marked_shape(subject)
    text = await turn(subject.engine, said("", call(city=5, days="many")), TOOLS)
    text = text.replace(">\n<", "><")  # behind text the model spells marks that are tokens
    if shape is None or "get_weather" not in text:
        return
    answer = await subject.answer(text, ask(user("?"), tools=TOOLS))
    [(name, arguments)] = answer.calls
    values = json.loads(arguments)
    kinds = (type(values["city"]), type(values["days"]))
    assert (name, *kinds) == ("get_weather", str, int), f"{text!r} became {answer}"


@CASES.of("text")
async def marks_without_a_call(subject: Subject) -> None:
    shape = await marked_shape(subject)
    if shape is None:
        return
    for text in (f"Say {shape.prefix}NAME to call.", f"{shape.prefix}get_moon{shape.middle}{{}}{shape.suffix}"):
        text = text.replace(ID, "1").rstrip()
        answer = await subject.answer(await opened(subject, text, TOOLS), ask(user("?"), tools=TOOLS))
        assert (answer.text, answer.calls, answer.reason) == (text, [], "stop"), f"{text!r} became {answer}"


async def marked_shape(subject: Subject) -> CallShape | None:
    """The form of a call where a grammar holds what has begun so."""
    traits = await subject.engine.traits()
    shape = traits.call_shape if traits.tools else PUNA_SHAPE
    if shape is None or traits.harmony or shape.bare or shape.escaped:
        return None
    return shape if MARK.match(shape.prefix) else None


@CASES.of("calls")
async def two_calls(subject: Subject) -> None:
    await called(subject, said("", PARIS, NOON))


@CASES.of("other calls")
async def calls_in_other_forms(subject: Subject) -> None:
    arguments = '{"city": "Paris", "days": 3}'
    for text in (
        f'{{"name": "get_weather", "arguments": {arguments}}}',
        f'```json\n{{"name": "get_weather", "arguments": {arguments}}}\n```',
        f'{{"name": "get_weather", "parameters": {arguments}}}',
        f'[{{"name": "get_weather", "arguments": {arguments}}}]',
        f'<tool_call>\n{{"name": "get_weather", "arguments": {arguments}}}',
    ):
        request = replace(ask(user("?"), tools=TOOLS), parallel_tool_calls=False)
        answer = await subject.answer(await opened(subject, text, TOOLS), request)
        assert answer.arguments == [("get_weather", json.loads(arguments))], f"{text!r} became {answer}"
        assert (answer.reason, answer.text) == ("tool_calls", ""), f"{text!r} became {answer}"


@CASES.of("text")
async def json_that_is_no_call(subject: Subject) -> None:
    for text in (
        '{"name": "get_moon", "arguments": {"city": "Paris", "days": 3}}',
        '{"name": "get_weather", "arguments": {"city": 5}}',
        'See {"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}',
        '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}} is it.',
        '```json\n{"name": "Ada"}\n```',
    ):
        answer = await subject.answer(await opened(subject, text, TOOLS), ask(user("?"), tools=TOOLS))
        assert (answer.text, answer.calls, answer.reason) == (text, [], "stop"), f"{text!r} became {answer}"


@CASES.of("required")
async def a_required_call(subject: Subject) -> None:
    request = replace(ask(user("?"), tools=TOOLS), tool_choice=ToolChoice(mode="required"))
    answer = await subject.answer(await unwilling(subject), request)
    assert answer.arguments, f"no call: {answer}"
    assert answer.reason == "tool_calls", f"no end: {answer}"


@CASES.of("named")
async def a_named_call(subject: Subject) -> None:
    choice = ToolChoice(mode="required", names=("get_time",))
    request = replace(ask(user("?"), tools=TOOLS), tool_choice=choice)
    answer = await subject.answer(await unwilling(subject), request)
    assert [name for name, _ in answer.arguments] == ["get_time"], f"{answer}"
    assert answer.reason == "tool_calls", f"no end: {answer}"


@CASES.of("none")
async def no_call_where_none_is_wanted(subject: Subject) -> None:
    request = replace(ask(user("?"), tools=TOOLS), tool_choice=ToolChoice(mode="none"))
    answer = await subject.answer(await opened(subject, "Good morning.", ()), request)
    assert (answer.text, answer.calls) == ("Good morning.", []), f"{answer}"


@CASES.of("results")
async def a_result(subject: Subject) -> None:
    history = (user("ALPHA"), said("", PARIS), result(PARIS, "BETA"))
    await shows(subject, *history, tools=TOOLS)
    await shows(subject, *history)
    await shows(subject, *history, said("GAMMA"), user("DELTA"), tools=TOOLS)


@CASES.of("results")
async def two_results(subject: Subject) -> None:
    history = (user("ALPHA"), said("", PARIS, OSLO), result(PARIS, "BETA"), result(OSLO, "GAMMA"))
    await shows(subject, *history, tools=TOOLS)
    await shows(subject, *history, said("DELTA"), user("EPSILON"), tools=TOOLS)


@CASES.of("results")
async def an_instruction_after_a_result(subject: Subject) -> None:
    history = (user("ALPHA"), said("", PARIS), result(PARIS, "BETA"))
    await shows(subject, *history, user("GAMMA"), tools=TOOLS)
    await shows(subject, *history, system("GAMMA"), tools=TOOLS)


@CASES.of("text beside calls")
async def text_beside_a_call(subject: Subject) -> None:
    await shows(subject, user("ALPHA"), said("BETA", PARIS), result(PARIS, "GAMMA"), tools=TOOLS)


@CASES.of("cut history")
async def arguments_that_are_no_json(subject: Subject) -> None:
    for arguments in ('{"city": "DELTA', "DELTA", "", '"DELTA"', '["DELTA"]', "7"):
        cut = ToolCall("call_9", "get_weather", arguments)
        await shows(subject, user("ALPHA"), said("", cut), result(cut, "BETA"), tools=TOOLS)


@CASES.of("thinking")
async def thinking(subject: Subject) -> None:
    tags = (await subject.engine.traits()).thinking
    if tags is None:
        return
    request = ask(user("?"))
    if tags.closed_in(await prompt_of(subject.engine, request)):
        request = replace(request, effort="high")  # it thinks only where it is asked to
    begun = (await prompt_of(subject.engine, request)).rstrip().endswith(tags.start)
    text = f"{'' if begun else tags.start}I wonder.{tags.end}Good morning."
    answer = await subject.answer(text, request)
    assert (answer.reasoning.strip(), answer.text) == ("I wonder.", "Good morning."), f"{text!r} became {answer}"


@CASES.of("text")
async def text_in_the_template_s_form(subject: Subject) -> None:
    """What an answer has around it in a history is not the client's."""
    for tools in ((), TOOLS):
        text = await turn(subject.engine, said("Good morning."), tools)
        answer = await subject.answer(text, ask(user("Well?"), tools=tools))
        assert (answer.text.strip(), answer.calls) == ("Good morning.", []), f"{text!r} became {answer}"


@CASES.of("thinking")
async def no_thinking(subject: Subject) -> None:
    request = replace(ask(user("?")), effort="none")
    answer = await subject.answer("Good morning.", request)
    assert answer.text == "Good morning.", f"{answer}"


@CASES.of("stop")
async def a_stop_sequence(subject: Subject) -> None:
    request = ask(user("?"), tools=TOOLS)
    request = replace(request, sampling=replace(request.sampling, stop=("morning",)))
    answer = await subject.answer(await opened(subject, "Good morning.", TOOLS), request)
    assert (answer.text, answer.reason) == ("Good ", "stop"), f"{answer}"
    text = await turn(subject.engine, said("", PARIS), TOOLS)
    request = replace(request, sampling=replace(request.sampling, stop=("Paris", '"')))
    answer = await subject.answer(text, request)
    assert answer.arguments == [("get_weather", {"city": "Paris", "days": 3})], f"{text!r} became {answer}"


@CASES.of("schema")
async def a_schema(subject: Subject) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    request = replace(ask(user("?")), format=JsonSchema(schema=schema))
    for text in ('{"a": 7}', "Good morning."):
        answer = await subject.answer(await thoughtful(subject, text, ()), request)
        assert isinstance(json.loads(answer.text)["a"], int), f"{text!r} became {answer}"
        assert answer.reason == "stop", f"{answer}"


ODD: tuple[dict[str, object], ...] = (
    {"a": True, "b": False},
    {"a": {"$ref": "#"}},
    {"a": {"$ref": "https://example.com/schema.json"}},
    {"a": {"enum": []}},
    {"a": {"type": ["string", "null"]}, "b": {"anyOf": [{"type": "string"}, {"type": "object"}]}},
    {"a": {"type": "array", "items": {"not": {}}}, "b": {}},
    {"a": {"type": "string", "pattern": "(?=x)y", "format": "nope"}},
    {"a": {"type": "object", "properties": {"b": True}}, "c": {"type": "array", "items": True}},
)


@CASES.of("odd tools")
async def odd_schemas(subject: Subject) -> None:
    text = await opened(subject, "Good morning.", TOOLS)
    for properties in ODD:
        await prompt_of(subject.engine, ask(user("?"), tools=(WEATHER, tool("odd", **properties))))
    everything = tuple(tool(f"odd_{number}", **properties) for number, properties in enumerate(ODD))
    answer = await subject.answer(text, ask(user("?"), tools=everything))
    assert (answer.text, answer.calls) == ("Good morning.", []), f"{answer}"
