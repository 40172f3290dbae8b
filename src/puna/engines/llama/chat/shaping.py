"""A conversation in the order of turns that a template shows.

Many templates lose or refuse what they were not written for: a second system message, two calls at once, an answer
without a question. What the client sent has to reach the prompt, so where a template loses it the text is put where
the template shows it. A template that shows all of it gets the conversation as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from puna.core.messages import Message, Role, Text

FILLER = Message(role="user", content=(Text("…"),))
"""What the user says before an answer that has no question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a template shows: a system message at the beginning, more of them anywhere, nothing but one; an answer
    first; several messages of the user, or answers, in a row; a user's message after a result; several calls in one
    message; text beside calls."""

    system: bool = True
    systems_anywhere: bool = True
    system_alone: bool = True
    answer_first: bool = True
    users_in_a_row: bool = True
    answers_in_a_row: bool = True
    user_after_result: bool = True
    calls_at_once: bool = True
    text_beside_calls: bool = True


def shaped(messages: Sequence[Message], shown: Shown) -> list[Message]:
    """The conversation as the template shows all of it."""
    turns = pictures_after_results(messages)
    if not shown.calls_at_once:
        turns = one_call_a_turn(turns)
    if not shown.text_beside_calls:
        turns = text_before_calls(turns, between=() if shown.answers_in_a_row else (FILLER,))
    turns = systems_shown(turns, shown)
    if not shown.users_in_a_row:
        turns = in_one(turns, "user")
    if not shown.answers_in_a_row:
        turns = in_one(turns, "assistant")
    if not shown.user_after_result:
        turns = after_results(turns)
    if not shown.answer_first:
        turns = question_first(turns)
    return turns


def pictures_after_results(messages: Iterable[Message]) -> list[Message]:
    """The conversation with pictures of results in a message of the user behind them: templates show a result's text
    only."""
    turns: list[Message] = []
    waiting: list[Message] = []
    for message in messages:
        if message.role != "tool":
            turns += waiting
            waiting = []
        others = tuple(part for part in message.content if not isinstance(part, Text))
        if message.role == "tool" and others:
            turns.append(replace(message, content=(Text(message.text),)))
            waiting.append(Message(role="user", content=others))
        else:
            turns.append(message)
    return turns + waiting


def one_call_a_turn(messages: Sequence[Message]) -> list[Message]:
    """The conversation with a message for each call, its result behind it."""
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    split = {call.id for message in messages if len(message.tool_calls) > 1 for call in message.tool_calls}
    turns: list[Message] = []
    for message in messages:
        if len(message.tool_calls) > 1:
            for number, call in enumerate(message.tool_calls):
                said = message if number == 0 else Message(role="assistant")
                turns.append(replace(said, tool_calls=(call,)))
                turns += [results[call.id]] if call.id in results else []
        elif message.role != "tool" or message.tool_call_id not in split:
            turns.append(message)
    return turns


def text_before_calls(messages: Iterable[Message], *, between: Sequence[Message]) -> list[Message]:
    """The conversation with an answer of its own for text beside calls."""
    turns: list[Message] = []
    for message in messages:
        if message.tool_calls and message.text.strip():
            turns += [replace(message, tool_calls=()), *between, replace(message, content=(), reasoning=None)]
        else:
            turns.append(message)
    return turns


def systems_shown(messages: Sequence[Message], shown: Shown) -> list[Message]:
    """The conversation with the system messages that are not shown as the user's. Those at the beginning are one."""
    if shown.system and shown.systems_anywhere and shown.system_alone:
        return list(messages)
    first = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    begin, rest = list(messages[:first]), list(messages[first:])
    if not shown.systems_anywhere:
        begin = in_one(begin, "system")
        rest = [users(message) if message.role == "system" else message for message in rest]
    if not shown.system or (not rest and not shown.system_alone):
        begin = [users(message) for message in begin]
    return begin + rest


def users(message: Message) -> Message:
    return replace(message, role="user", name=None)


def in_one(messages: Iterable[Message], role: Role) -> list[Message]:
    """The conversation with neighbouring messages of that role in one, a blank line between them."""
    turns: list[Message] = []
    for message in messages:
        before = turns[-1] if turns else None
        if before and before.role == message.role == role and not before.tool_calls:
            turns[-1] = replace(
                message,
                content=(*spoken(before).content, Text(""), *spoken(message).content),
                name=None,
                reasoning=message.reasoning or before.reasoning,
            )
        else:
            turns.append(message)
    return turns


def spoken(message: Message) -> Message:
    """The message with its participant's name before the text: templates show no names."""
    if not message.name or message.role == "tool":
        return message
    first, *rest = message.content or (Text(""),)
    begin = (Text(f"{message.name}: {first.text}"),) if isinstance(first, Text) else (Text(f"{message.name}:"), first)
    return replace(message, content=(*begin, *rest), name=None)


def after_results(messages: Iterable[Message]) -> list[Message]:
    """The conversation with what the user says after a result in that result."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1].role == "tool" and message.role == "user":
            turns[-1] = replace(turns[-1], content=(*turns[-1].content, Text(""), *spoken(message).content))
        else:
            turns.append(message)
    return turns


def question_first(messages: Sequence[Message]) -> list[Message]:
    """The conversation with a message of the user before the first answer."""
    first = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    if first == len(messages) or messages[first].role == "user":
        return list(messages)
    return [*messages[:first], FILLER, *messages[first:]]
