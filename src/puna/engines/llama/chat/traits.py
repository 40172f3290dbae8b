"""What one loaded model and its chat template can do, asked of the engine once."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from puna.core.errors import PunaError
from puna.core.template import BARE
from puna.engines.llama.chat.forms import END_OF_TURN, CallForm, after_common, find_form
from puna.engines.llama.chat.harmony import TAGS, is_harmony
from puna.engines.llama.chat.probing import LAST_TAG, Prober, render, said, user
from puna.engines.llama.chat.shaping import Shown
from puna.engines.llama.grammar.plan import Guidance
from puna.engines.llama.markup import PUNA_SHAPE, CallShape, ThinkingTags
from puna.engines.process.client import EngineClient

ONLY_TAGS = re.compile(r"(<[^<>]+>)+")
MARKS = re.compile(r"<[^<>\s]{1,40}>|\[/?[A-Z_]{2,30}\]")
ENDS = (
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|endoftext|>",
    "</s>",
    "<eos>",
    "<end_of_turn>",
    "<|call|>",
)
"""What texts of many models end with, also where a template does not say it."""
WORDS = re.compile(r"(?:<[^<>]+>|[\w=\s]){1,80}")
ENGINES_OWN = ("<think>", "[THINK]")
UNSHOWN = (
    ThinkingTags("<|inner_prefix|>", "<|inner_suffix|>"),
    ThinkingTags("<|think|>", "<|end|><|begin|>assistant"),
)
"""What Apertus and Solar think in, which their templates do not show of what they are given as thinking."""
OPENED = ThinkingTags("<think>", "</think>")
THOUGHT, ANSWER = "PUNA-THOUGHT", "PUNA-ANSWER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`vocabulary` counts the tokens. `tools` says whether the template renders tools and their calls, `call_form` is
    its form of a call where Puna can read it, `thinking` its tags where it knows thinking, `shown` what of a
    conversation it shows, `head` and `tail` what its answers begin and end with. `always_thinks` says that the prompt
    opens the thinking even where the template was asked not to. `control` are those of all these tags that are single
    tokens and no text, with their ids, `specials` the ids of all such tokens that the template, or the end of a text,
    is written with."""

    vocabulary: int
    vision: bool = False
    audio: bool = False
    media_marker: str = ""
    template: str = ""
    tools: bool = False
    thinking: ThinkingTags | None = None
    always_thinks: bool = False
    call_form: CallForm | None = None
    head: str = ""
    tail: str = ""
    shown: Shown = field(default_factory=Shown)
    control: Mapping[str, int] = field(default_factory=dict)
    specials: tuple[int, ...] = ()
    guidance: Guidance = Guidance.SURE

    @property
    def bare(self) -> bool:
        """Whether the model has no template: it goes on with the bare text."""
        return self.template == BARE

    @property
    def harmony(self) -> bool:
        """Whether answers are in the Harmony format."""
        return is_harmony(self.template)

    @property
    def call_shape(self) -> CallShape | None:
        """The form, where the arguments are JSON in it and a grammar can make sure of it."""
        return self.call_form if isinstance(self.call_form, CallShape) else None


async def read_traits(client: EngineClient, *, guided: bool) -> Traits:
    """Ask the engine, which has llguidance where it is `guided`. A template that can't render a probe does not have
    what the probe looks for."""
    props, models = await client.get("/props"), await client.get("/v1/models")
    capabilities = props.get("chat_template_caps", {})
    tools = bool(capabilities.get("supports_tools") and capabilities.get("supports_tool_calls"))
    thinking = form = None
    always_thinks, head, tail = False, "", ""
    with suppress(PunaError):
        thinking = await find_thinking(client, props.get("chat_template", ""))
        always_thinks = thinking is not None and await cannot_stop(client, thinking)
    if not is_harmony(props.get("chat_template", "")):
        with suppress(PunaError):
            head, tail = await find_envelope(client, thinking)
    if tools and not is_harmony(props.get("chat_template", "")):
        with suppress(PunaError):
            form = await find_form(client, thinking)
    tags = {*(form.tags if form else PUNA_SHAPE.tags), *(thinking.tags if thinking else ())}
    if is_harmony(props.get("chat_template", "")):
        tags = {*TAGS}
    vocabulary = models["data"][0]["meta"]["n_vocab"]
    return Traits(
        vocabulary=vocabulary,
        vision=bool(props["modalities"].get("vision")),
        audio=bool(props["modalities"].get("audio")),
        media_marker=props.get("media_marker", ""),
        template=props.get("chat_template", ""),
        tools=tools,
        thinking=thinking,
        always_thinks=always_thinks,
        call_form=form,
        head=head,
        tail=tail,
        shown=await Prober(client).shown(tools=tools),
        control={tag: token for tag in sorted(tags) if (token := await control_token(client, tag)) is not None},
        specials=await special_tokens(client, [*MARKS.findall(props.get("chat_template", "")), *tags, *ends(props)]),
        guidance=guidance_with(vocabulary) if guided else Guidance.NONE,
    )


def guidance_with(vocabulary: int) -> Guidance:
    """What llguidance holds with so many tokens. Where they lack one to a multiple of 32 its version 1.0 fails at the
    first JSON string, and llama.cpp goes on without a grammar and without a word."""
    return Guidance.UNSURE if vocabulary % 32 == 31 else Guidance.SURE


def ends(props: dict[str, Any]) -> list[str]:
    """What a text of the model's ends with."""
    return [*ENDS, props.get("eos_token", "")]


async def special_tokens(client: EngineClient, marks: Iterable[str]) -> tuple[int, ...]:
    """The tokens in those marks that are no text."""
    content = "".join(dict.fromkeys(marks))
    tokens, texts = [
        (await client.post("/tokenize", {"content": content, "add_special": False, "parse_special": special}))[
            "tokens"
        ]
        for special in (True, False)
    ]
    return tuple(sorted({*tokens} - {*texts}))


async def control_token(client: EngineClient, tag: str) -> int | None:
    """The token that a tag is, where it is no text to the model: read as text it is made of others."""
    token, text = [
        (await client.post("/tokenize", {"content": tag, "add_special": False, "parse_special": special}))["tokens"]
        for special in (True, False)
    ]
    return token[0] if len(token) == 1 and text != token else None


async def find_thinking(client: EngineClient, template: str) -> ThinkingTags | None:
    """The tags of a template that has any. The engine writes some of its own where a template has none."""
    tags = await shown_thinking(client)
    if tags and (tags.start not in ENGINES_OWN or tags.start in template):
        return tags
    known = next((known for known in UNSHOWN if all(tag in template for tag in known.tags[2:])), None)
    return known or (OPENED if OPENED.start in template and await opens_thinking(client) else None)


async def opens_thinking(client: EngineClient) -> bool:
    """Whether the prompt opens a thought when it is asked to, where a conversation shows none of earlier answers."""
    asked = {"chat_template_kwargs": {"enable_thinking": True}}
    return (await render(client, {"messages": [user("?")], **asked})).rstrip().endswith(OPENED.start)


async def shown_thinking(client: EngineClient) -> ThinkingTags | None:
    """The tags, seen around the thinking of an answer that the template is asked to continue."""
    answer = {**said("assistant", ANSWER), "reasoning_content": THOUGHT}
    prompt = await render(client, {"messages": [user("?"), answer]})
    asked = await render(client, {"messages": [user("?")]})
    before, _, after = prompt.partition(THOUGHT)
    start, end = before.removeprefix(asked).strip(), after.partition(ANSWER)[0].strip()
    if ONLY_TAGS.fullmatch(end):
        end = end[: end.index(">") + 1]  # what follows begins the text, and other tags begin calls
    if before.startswith(asked) and start and end:
        return ThinkingTags(start, end)
    # The prompt opens the thinking itself: the start tag is the last thing in it.
    tag = LAST_TAG.search(before.rstrip())
    return ThinkingTags(tag[0], end) if tag and end else None


async def find_envelope(client: EngineClient, thinking: ThinkingTags | None) -> list[str]:
    """What is before and behind the text of an answer, but for what ends a turn."""
    asked = await render(client, {"messages": [user("?")]})
    plain = await render(client, {"messages": [user("?"), said("assistant", ANSWER), user("!")]})
    head, _, rest = after_common(asked, plain).partition(ANSWER)
    if thinking:
        head = head.rpartition(thinking.end)[2]
    ended = END_OF_TURN.search(rest)
    tail = rest[: ended.start()] if ended else ""
    return [text if WORDS.fullmatch(text) else "" for text in (head.lstrip(), tail.rstrip())]


async def cannot_stop(client: EngineClient, thinking: ThinkingTags) -> bool:
    """Whether the prompt opens the thinking although it was switched off."""
    quiet = {"chat_template_kwargs": {"enable_thinking": False}}
    return (await render(client, {"messages": [user("?")], **quiet})).rstrip().endswith(thinking.start)
