"""Answers that are not quite in the format of their template, as real models give them."""

import re
from dataclasses import replace

from puna.engines.llama.chat.native import NativeChat
from puna.engines.llama.chat.route import way
from tests.templates.cases import Cases
from tests.templates.subject import Answer, Subject, ask, call, prompt_of, result, said, tool, turn, user

OFF_FORMAT = Cases()
TOOLS = (tool(),)
CALL = '{"city": "Paris", "days": 3}'
THOUGHT = "<|channel|>analysis<|message|>Wondering.<|end|><|start|>assistant"
CHANNELS = (
    "Evening.",
    "<|message|>Evening.",
    "<|channel|>final <|constrain|>json<|message|>Evening.",
    "<|channel|>analysis<|message|>Wondering.<|channel|>final<|message|>Evening.",
    f"{THOUGHT}<|channel|>commentary<|message|>Evening.<|end|>",
    '<|channel|>commentary to=functions.get_moon <|constrain|>json<|message|>{"Evening.": 1}<|call|>',
    "<|channel|>commentary to=browser.search<|message|>Evening.",
    f"{THOUGHT}<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{CALL}<|call|>",
    f"{THOUGHT} to=functions.get_weather<|channel|>commentary json<|message|>{CALL}<|call|>",
)
RECIPIENTS = (
    "Evening.",
    "<|channel|>final<|message|>Evening.",
    "to=user<|message|>Evening.",
    "to=self<|message|>Wondering.<|eom|><|start|>assistant to=user<|message|>Evening.",
    "to=self<|message|>Wondering. to=user<|message|>Evening.",
    'to=functions.get_moon<|message|>{"Evening.": 1}',
    "to=get_weather<|message|>Evening.",
)
PARIS = call(city="Paris", days=3)
LAST_TAG = re.compile(r"(?<!\[)(</[^<>]+>)\s*$")
WORDS = re.compile(r"Wondering\.|Evening\.|Paris")
DROPS = "Drop-all: previous-turn analysis"
"""What a dialect says of itself whose format keeps no thinking at all."""
CONTROL = re.compile(r"<\|\w+\|>")


@OFF_FORMAT.of("text")
async def channels_out_of_form(subject: Subject) -> None:
    if not (await subject.engine.traits()).harmony:
        return
    for text in CHANNELS:
        await channel_out_of_form(subject, text)


async def channel_out_of_form(subject: Subject, text: str) -> None:
    """Nothing of the format is in the answer, and nothing of what was said is lost."""
    answer = await all_of(subject, text)
    assert not CONTROL.search(answer.reasoning + answer.text), f"{text!r} became {answer}"
    assert bool(answer.calls) == ("Paris" in text), f"{text!r} became {answer}"


@OFF_FORMAT.of("text")
async def what_the_engine_s_parser_refuses(subject: Subject) -> None:
    """Where only the engine reads the form, what it does not take is text as it is."""
    if not isinstance(way(await subject.engine.conversation(), ask(user("?"), tools=TOOLS)), NativeChat):
        return
    for text in RECIPIENTS:
        await all_of(subject, text)


async def all_of(subject: Subject, text: str) -> Answer:
    """What becomes of a text of which nothing may be lost."""
    answer = await subject.answer(text, ask(user("?"), tools=TOOLS))
    found = answer.reasoning + answer.text + "".join(arguments for _, arguments in answer.calls)
    assert WORDS.findall(found) == WORDS.findall(text), f"{text!r} became {answer}"
    assert answer.reason == ("tool_calls" if answer.calls else "stop"), f"{text!r} became {answer}"
    return answer


@OFF_FORMAT.of("call")
async def a_call_with_escapes(subject: Subject) -> None:
    """JSON as Python writes it where nobody tells it otherwise."""
    traits = await subject.engine.traits()
    if traits.tools and traits.call_shape is None:
        return
    text = (await turn(subject.engine, said("", call(city="Zürich", days=3)), TOOLS)).replace("ü", r"\u00fc")
    answer = await subject.answer(text, ask(user("?"), tools=TOOLS))
    assert answer.arguments == [("get_weather", {"city": "Zürich", "days": 3})], f"{text!r} became {answer}"


@OFF_FORMAT.of("call")
async def a_closing_tag_said_twice(subject: Subject) -> None:
    text = await turn(subject.engine, said("", PARIS), TOOLS)
    tag = LAST_TAG.search(text)
    if tag is None:
        return
    answer = await subject.answer(text.rstrip() + "\n" + tag[1], ask(user("?"), tools=TOOLS))
    assert answer.arguments == [("get_weather", {"city": "Paris", "days": 3})], f"{text!r} became {answer}"
    assert (answer.text, answer.reason) == ("", "tool_calls"), f"{text!r} became {answer}"


@OFF_FORMAT.of("thinking")
async def an_end_of_thinking_said_twice(subject: Subject) -> None:
    tags = (await subject.engine.traits()).thinking
    if tags is None or tags.end.count("<") > 1:
        return
    answer = await subject.answer(
        f"{tags.start}Wondering.{tags.end}\n{tags.end}\nEvening.", ask(user("?"), tools=TOOLS)
    )
    assert WORDS.findall(answer.reasoning + answer.text) == ["Wondering.", "Evening."], f"{answer}"


@OFF_FORMAT.of("thinking")
async def thinking_in_the_prompt(subject: Subject) -> None:
    """Harmony has the effort in its system message, and of earlier thinking only what calls of this turn came of."""
    if not (await subject.engine.traits()).harmony:
        return
    for effort in ("low", "high"):
        assert f"Reasoning: {effort}" in await prompt_of(subject.engine, replace(ask(user("?")), effort=effort))
    called = replace(said("", PARIS), reasoning="WONDERING")
    prompt = await prompt_of(subject.engine, ask(user("?"), called, result(PARIS, "Rain"), tools=TOOLS))
    assert ("WONDERING" in prompt) == (DROPS not in subject.template), f"{prompt[-400:]!r}"
    answered = replace(said("Evening."), reasoning="WONDERING")
    assert "WONDERING" not in await prompt_of(subject.engine, ask(user("?"), answered, user("!"), tools=TOOLS))
