"""What may stand before the part of a conversation that teaches a skill."""

from dataclasses import replace

from training.conversation import Conversation, Document, Json, Message, assistant, system, user
from training.fillers import Fillers
from training.skills import knowledge

PLAIN_SYSTEMS = (
    "You are a helpful assistant.",
    "You are a helpful assistant.",
    "You are a helpful, honest and concise assistant.",
    "Be brief.",
    "You are an AI assistant. Answer the user's questions.",
    "Be helpful.",
    "You are a friendly bot.",
    "Answer clearly and shortly.",
    "You help people.",
    "Follow the user's instructions.",
    "You are a test assistant.",
)


def plain_system(fillers: Fillers) -> str:
    if fillers.chance(0.3):
        return f"{fillers.pick(PLAIN_SYSTEMS)} {fillers.sentence()}"
    return fillers.pick(PLAIN_SYSTEMS)


def conversation(
    fillers: Fillers, messages: list[Message], tools: tuple[Json, ...] | list[Json] = (), systems: float = 0.3
) -> Conversation:
    """The messages, now and then with a system prompt and earlier turns that do not matter."""
    has_system = messages[0].role == "system"
    head, rest = (messages[:1], messages[1:]) if has_system else ([], messages)
    if not has_system and fillers.chance(systems):
        head = [system(plain_system(fillers))]
    if fillers.chance(0.15):
        head = [*head, *chatter(fillers, fillers.integer(1, 2))]
    last = rest[-1]
    if last.content and last.thought is None and not last.calls and fillers.chance(0.04):
        rest = [*rest[:-1], _begun(fillers, last)]
    return Conversation([*head, *rest], tools)


def _begun(fillers: Fillers, answer: Message) -> Message:
    """The same answer, of which the client has given the first words."""
    words = answer.content.split(" ")
    given = " ".join(words[: fillers.integer(0, len(words) - 1)])
    return replace(answer, prefix=given)


def chatter(fillers: Fillers, turns: int) -> list[Message]:
    """Turns of small talk."""
    messages: list[Message] = []
    for _ in range(turns):
        question, answer = knowledge.exchange(fillers)
        messages += [user(question), assistant(answer)]
    return messages


def asked(fillers: Fillers, question: str, answer: str, thought: str | None = None) -> Document:
    """One question and its answer, some of them with thinking on."""
    thinks = thought if thought is not None and fillers.chance(0.25) else None
    return conversation(fillers, [user(question), assistant(answer, thinks)]).document()
