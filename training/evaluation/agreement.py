"""Whether the text and the tokens of training are those that the engine makes of the same conversation."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tokenizers import Tokenizer

from training import corpus
from training.conversation import Conversation, Message
from training.evaluation.cases import user
from training.evaluation.engine import Body, Engine
from training.fillers import Fillers
from training.skills import calling


def differences(engine: Engine, tokenizer: Tokenizer, count: int) -> Iterator[str]:
    """The documents, of so many of the mixture, whose tokens differ; and the tool conversations whose rendering does."""
    source = corpus.documents(Random(4))
    for _ in range(count):
        text = "".join(span.text for span in next(source) if span.text)
        if engine.tokenize(text) != tokenizer.encode(text).ids:
            yield f"tokens: {text[-200:]!r}"
    fillers = Fillers(Random(5))
    for _ in range(count // 4):
        conversation = _plain(calling.conversation(fillers))
        expected = _without_answer(conversation)
        if engine.render([_wire(message) for message in conversation.messages[:-1]], **_options(conversation)) != expected:
            yield f"template: {expected[-200:]!r}"


def _plain(conversation: Conversation) -> Conversation:
    """Without what an API client cannot ask for: compact calls, the start of an answer."""
    messages = [replace(message, compact=False, prefix="") for message in conversation.messages]
    return replace(conversation, messages=messages)


def _without_answer(conversation: Conversation) -> str:
    """What the template makes of the conversation up to where its last message is to be written."""
    spans = conversation.document()
    end = max(place for place, span in enumerate(spans) if not span.learned and "<|im_start|>assistant\n" in span.text)
    return "".join(span.text for span in spans[: end + 1])


def _wire(message: Message) -> Body:
    if not message.calls:
        body = user(message.content) | {"role": message.role}
        return body | {"tool_call_id": "call_0"} if message.role == "tool" else body
    calls = [
        {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for number, call in enumerate(message.calls)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _options(conversation: Conversation) -> Body:
    thinks = conversation.messages[-1].thought is not None
    return {"tools": list(conversation.tools), "chat_template_kwargs": {"enable_thinking": thinks}}
