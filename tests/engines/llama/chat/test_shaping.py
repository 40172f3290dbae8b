import pytest

from puna.core.messages import Image, Message, Role, Text, ToolCall
from puna.engines.llama.chat.messages import arguments_body, messages_body
from puna.engines.llama.chat.shaping import Shown, shaped

ROLES: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant"}
NOTHING = Shown(
    system=False,
    systems_anywhere=False,
    system_alone=False,
    answer_first=False,
    users_in_a_row=False,
    answers_in_a_row=False,
    user_after_result=False,
    calls_at_once=False,
    text_beside_calls=False,
)


def say(turns: str) -> list[Message]:
    """A message for each letter, numbered."""
    return [Message(role=ROLES[turn], content=(Text(f"{number}"),)) for number, turn in enumerate(turns, 1)]


def calling(*ids: str, text: str = "") -> Message:
    calls = tuple(ToolCall(each, "add", "{}") for each in ids)
    return Message(role="assistant", content=(Text(text),) if text else (), tool_calls=calls)


def result(call: str, *more: Image) -> Message:
    return Message(role="tool", content=(Text(f"of {call}"), *more), tool_call_id=call)


def brief(messages: list[Message]) -> list[str]:
    return [
        f"{message.role[0]}:{message.text}{''.join(f'({call.id})' for call in message.tool_calls)}"
        for message in messages
    ]


@pytest.mark.parametrize("turns", ["ssuasus", "au", "uu", "uaau", "s"])
def test_a_template_that_shows_everything_gets_the_conversation_as_it_is(turns: str) -> None:
    assert shaped(say(turns), Shown()) == say(turns)


@pytest.mark.parametrize(
    ("turns", "shown", "expected"),
    [
        ("ssuasu", Shown(systems_anywhere=False), ["s:1\n\n2", "u:3", "a:4", "u:5", "u:6"]),
        ("suas", Shown(systems_anywhere=False), ["s:1", "u:2", "a:3", "u:4"]),
        ("su", Shown(system=False), ["u:1", "u:2"]),
        ("s", Shown(system_alone=False), ["u:1"]),
        ("uu", Shown(users_in_a_row=False), ["u:1\n\n2"]),
        ("uaau", Shown(answers_in_a_row=False), ["u:1", "a:2\n\n3", "u:4"]),
        ("sau", Shown(answer_first=False), ["s:1", "u:…", "a:2", "u:3"]),
        ("ssuasus", NOTHING, ["u:1\n\n2\n\n3", "a:4", "u:5\n\n6\n\n7"]),
    ],
)
def test_what_is_not_shown_is_put_where_it_is(turns: str, shown: Shown, expected: list[str]) -> None:
    assert brief(shaped(say(turns), shown)) == expected


def test_calls_that_are_not_shown_at_once_follow_one_another() -> None:
    history = [*say("u"), calling("x", "y", text="so"), result("x"), result("y"), *say("u")]
    assert brief(shaped(history, Shown(calls_at_once=False))) == [
        "u:1",
        "a:so(x)",
        "t:of x",
        "a:(y)",
        "t:of y",
        "u:1",
    ]


def test_text_beside_calls_is_an_answer_before_them() -> None:
    history = [*say("u"), calling("x", text="so"), result("x")]
    assert brief(shaped(history, Shown(text_beside_calls=False))) == ["u:1", "a:so", "a:(x)", "t:of x"]
    assert brief(shaped(history, NOTHING)) == ["u:1", "a:so", "u:…", "a:(x)", "t:of x"]


def test_pictures_of_results_follow_them() -> None:
    picture = Image(b"png", "image/png")
    turns = shaped([calling("x", "y"), result("x", picture), result("y")], Shown())
    assert [message.role for message in turns] == ["assistant", "tool", "tool", "user"]
    assert turns[-1].content == (picture,)


def test_a_name_stays_with_its_text() -> None:
    ada = Message(role="user", name="Ada", content=(Text("hello"),))
    assert shaped([ada, ada], Shown(users_in_a_row=False))[0].text == "Ada: hello\n\nAda: hello"
    assert messages_body([ada])[0]["content"] == "Ada: hello"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        ('{"a": "cut', '{"arguments":"{\\"a\\": \\"cut"}'),
        ("[1]", '{"arguments":"[1]"}'),
        ("7", '{"arguments":"7"}'),
    ],
)
def test_arguments_are_an_object_whatever_they_were(arguments: str, expected: str) -> None:
    assert arguments_body(arguments) == expected
