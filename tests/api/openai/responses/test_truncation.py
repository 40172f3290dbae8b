from collections.abc import AsyncGenerator

import pytest

from puna.api.openai.responses.truncation import fitted
from puna.core.errors import ContextLengthExceeded
from puna.core.events import Event, TextDelta
from puna.core.messages import Message, Role, Text, ToolCall
from puna.core.requests import ChatRequest

CONTEXT = 400


def message(role: Role, text: str, **fields: str) -> Message:
    return Message(role=role, content=(Text(text),), tool_call_id=fields.get("call"))


async def engine(request: ChatRequest) -> AsyncGenerator[Event, None]:
    """Takes prompts of up to CONTEXT characters, and answers with the texts it saw."""
    length = sum(len(message.text) for message in request.messages)
    if length > CONTEXT:
        raise ContextLengthExceeded(length, CONTEXT)
    yield TextDelta(0, "|".join(message.text[:4] for message in request.messages))


async def ask(*messages: Message) -> str:
    return "".join(
        [event.text async for event in fitted(engine, ChatRequest(messages=messages)) if hasattr(event, "text")]
    )


async def test_what_fits_stays_whole() -> None:
    assert await ask(message("system", "Be."), message("user", "Hi")) == "Be.|Hi"


async def test_the_oldest_goes_and_the_system_stays() -> None:
    turns = [message("user" if n % 2 == 0 else "assistant", f"{n:03}-" * 25) for n in range(9)]
    kept = (await ask(message("system", "Be."), *turns)).split("|")
    assert kept[0] == "Be."
    assert kept[-1] == "008-"
    assert kept[1:] == [f"{n:03}-" for n in range(9 - len(kept) + 1, 9)], "the newest ones, in order"
    assert int(kept[1][:3]) % 2 == 0, "a conversation does not begin with an answer"


async def test_a_result_keeps_its_call() -> None:
    call = Message(role="assistant", tool_calls=(ToolCall("1", "f", "{}"),), content=(Text("call"),))
    kept = await ask(
        message("user", "old-" * 90), message("user", "ask-"), call, message("tool", "result" * 20, call="1")
    )
    assert kept.endswith("call|resu")
    assert "old-" not in kept


async def test_a_last_message_that_is_too_long_is_refused() -> None:
    with pytest.raises(ContextLengthExceeded):
        await ask(message("user", "old"), message("user", "x" * 500))
