"""Calling tools: the right one, with the right arguments, and answering from what it gave."""

import json

from training.conversation import (
    Call,
    Conversation,
    Document,
    Json,
    Message,
    assistant,
    calling,
    dump,
    result,
    system,
    user,
)
from training.fillers import Fillers
from training.skills import knowledge, setting
from training.skills.families import FAMILIES, Family
from training.skills.toolbox import Tool, choose, request, toolset

BRIEF = ("done", "ok", "Done.", "success")
NO_TOOL = "I have no tool for that."
TOOL_SYSTEMS = (
    "You are a helpful assistant with tools.",
    "Use the tools when they help.",
    "You are a helpful assistant. Use tools when needed.",
    "You can call functions.",
    "Call a tool if it fits, else answer yourself.",
    "You are an agent.",
)


def example(fillers: Fillers) -> Document:
    return conversation(fillers).document()


def conversation(fillers: Fillers) -> Conversation:
    maker = fillers.random.choices((several_turns, parallel, chain, unneeded, missing), (12, 8, 1, 2, 0.3))[0]
    return maker(fillers)


def _with_tools(fillers: Fillers, messages: list[Message], tools: list[Tool]) -> Conversation:
    if fillers.chance(0.35):
        text = fillers.pick(TOOL_SYSTEMS) if fillers.chance(0.6) else setting.plain_system(fillers)
        messages = [system(text), *messages]
    return setting.conversation(fillers, messages, [tool.definition for tool in tools], systems=0)


def _final(fillers: Fillers, messages: list[Message], thought: str) -> list[Message]:
    """Now and then the last message is thought about."""
    if not fillers.chance(0.15):
        return messages
    last = messages[-1]
    return [*messages[:-1], Message(last.role, last.content, last.calls, thought)]


def several_turns(fillers: Fillers) -> Conversation:
    """One to seven requests, each for one of the tools; most with a result and an answer."""
    tools = toolset(fillers, fillers.pick((1, 2, 2, 3, 3, 4)))
    messages: list[Message] = []
    compact = fillers.chance(0.06)
    brief = fillers.chance(0.5)
    for turn in range(last := fillers.integer(1, 7)):
        tool = fillers.pick(tools)
        text, call = request(fillers, tool)
        messages += [user(text), calling(call, compact=compact)]
        if turn == last - 1 and fillers.chance(0.3):
            return _with_tools(fillers, _final(fillers, messages, f"I should call {call.name}."), tools)
        given = fillers.pick(BRIEF) if brief else tool.family.results(fillers)
        messages += [result(_shown(fillers, given)), assistant(report(given))]
        if fillers.chance(0.1):
            question, answer = knowledge.exchange(fillers)
            messages += [user(question), assistant(answer)]
    return _with_tools(fillers, _final(fillers, messages, "I can answer from the result."), tools)


def _shown(fillers: Fillers, given: Json | str) -> str:
    if isinstance(given, str):
        return given
    roll = fillers.random.random()
    if roll < 0.7:
        return dump(given)
    return dump(given, compact=True) if roll < 0.92 else json.dumps(given, indent=2, ensure_ascii=False)


def report(given: Json | str) -> str:
    """The answer from a tool's result: every value of it."""
    if isinstance(given, str):
        sentence = given[0].upper() + given[1:]
        return sentence if sentence[-1] in ".!?" else sentence + "."
    parts = [f"the {key.replace('_', ' ')} is {_said(value)}" for key, value in given.items()]
    sentence = " and ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."


def _said(value: object) -> str:
    return value if isinstance(value, str) else dump(value)


def parallel(fillers: Fillers) -> Conversation:
    """Two or three calls in one turn, of one tool or of several, once or more often."""
    tools = toolset(fillers, fillers.pick((1, 2, 2, 3)))
    tools = [tool for tool in tools if tool.keys] or [choose(fillers, _weather_like(fillers))]
    messages: list[Message] = []
    for _ in range(turns := fillers.integer(1, 3)):
        text, used, calls = _several(fillers, tools)
        messages += [user(text), calling(*calls, compact=fillers.chance(0.06))]
        if turns > 1 or fillers.chance(0.5):
            brief = fillers.chance(0.6)
            given = [fillers.pick(BRIEF) if brief else tool.family.results(fillers) for tool in used]
            messages += [result(_shown(fillers, one)) for one in given]
            messages.append(assistant("\n".join(report(one) for one in given)))
    return _with_tools(fillers, _final(fillers, messages, f"I need {len(calls)} calls."), tools)


def _several(fillers: Fillers, tools: list[Tool]) -> tuple[str, list[Tool], list[Call]]:
    """A request for two or three calls, their tools, and the calls."""
    if len(tools) == 1 or fillers.chance(0.3):
        tool = fillers.pick(tools)
        text, calls = _same_tool(fillers, tool, fillers.pick((2, 2, 3)))
        return text, [tool] * len(calls), calls
    used = fillers.random.sample(tools, 2) if fillers.chance(0.85) else [fillers.pick(tools) for _ in range(3)]
    asked = [request(fillers, tool) for tool in used]
    joint = fillers.pick((" ", " ", " ", " Also: ", " And ", "\n", " Then: "))
    return joint.join(said.strip() for said, _ in asked), used, [call for _, call in asked]


def _weather_like(fillers: Fillers) -> Family:
    return FAMILIES[fillers.pick((0, 3))]


def _same_tool(fillers: Fillers, tool: Tool, count: int) -> tuple[str, list[Call]]:
    """`What's the weather in A and B?`"""
    family = tool.family
    if len(family.parameters) == 1 and family.parameters[0].schema == {"type": "string"}:
        values = [str(family.parameters[0].value(fillers)) for _ in range(count)]
        joined = fillers.pick(
            (
                f"{', '.join(values[:-1])} and {values[-1]}",
                " and ".join(values),
                f"{', '.join(values[:-1])} and in {values[-1]}" if count > 1 else values[0],
            )
        )
        text = fillers.pick(family.requests).format(joined)
        return text, [Call(tool.name, {tool.keys[0]: value}) for value in values]
    asked = [request(fillers, tool) for _ in range(count)]
    return fillers.pick((" ", " And ", "\n", " Also ")).join(said.strip() for said, _ in asked), [call for _, call in asked]


def chain(fillers: Fillers) -> Conversation:
    """The result of a call is an argument of the next."""
    tools = toolset(fillers, 2)
    tools = [tool for tool in tools if tool.keys]
    if len(tools) < 2:
        return several_turns(fillers)
    first, second = tools
    text, call = request(fillers, first)
    value = fillers.pick((fillers.city(), fillers.name(), fillers.code(), fillers.email(), fillers.word()))
    given: Json | str = {fillers.pick(("result", "value", "id", "name", "city", "email", "answer")): value}
    later, next_call = request(fillers, second)
    key = next((key for key, held in next_call.arguments.items() if isinstance(held, str)), None)
    if key is None or str(next_call.arguments[key]) not in later:
        return several_turns(fillers)
    later = later.replace(str(next_call.arguments[key]), fillers.pick(("the result", "it", "that", "the result of this")), 1)
    next_call = Call(next_call.name, {**next_call.arguments, key: value})
    end = second.family.results(fillers)
    messages = [
        user(f"{text.strip()} {fillers.pick(('Then ', 'And then ', 'After that: ', ''))}{later}"),
        calling(call),
        result(_shown(fillers, given)),
        calling(next_call),
        result(_shown(fillers, end)),
        assistant(report(end)),
    ]
    return _with_tools(fillers, messages, tools)


def unneeded(fillers: Fillers) -> Conversation:
    """Tools are there, but the question needs none."""
    tools = toolset(fillers, fillers.integer(1, 4))
    messages: list[Message] = []
    for _ in range(fillers.integer(1, 3)):
        if fillers.chance(0.3):
            clause = fillers.clause()
            question, answer = f"Say {clause}", clause[0].upper() + clause[1:] + "."
        else:
            question, answer = knowledge.exchange(fillers)
        messages += [user(question), assistant(answer)]
    return _with_tools(fillers, _final(fillers, messages, "No tool is needed for this."), tools)


def missing(fillers: Fillers) -> Conversation:
    """A request for a tool that is not among those given."""
    *tools, other = toolset(fillers, fillers.integer(2, 4))
    if not other.keys:
        return unneeded(fillers)
    text, _ = request(fillers, other)
    return _with_tools(fillers, _final(fillers, [user(text), assistant(NO_TOOL)], "None of the tools fits."), tools)
