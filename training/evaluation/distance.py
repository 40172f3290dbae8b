"""Cases of what is known at the end of a long prompt: a name and a city, told at its start."""

from collections.abc import Iterator
from random import Random
from urllib.error import HTTPError

from training.evaluation import held_out
from training.evaluation.cases import Case, assistant, system, user
from training.evaluation.engine import Body, Engine

CHATTER = (
    ("What is the capital of France?", "The capital of France is Paris."),
    ("What is the capital of Japan?", "The capital of Japan is Tokyo."),
    ("What is 7 + 5?", "7 + 5 = 12"),
    ("Who are you?", "I am tiny, a very small language model."),
    ("How are you?", "I am fine, thank you! How can I help you?"),
    ("What is the opposite of hot?", "The opposite of hot is cold."),
    ("Is the sky blue?", "Yes, the sky is blue."),
    ("Say the garden is green", "The garden is green."),
    ("Count from 1 to 5.", "1, 2, 3, 4, 5"),
    ("Name three colors.", "Red, blue, green"),
    ("Good morning!", "Good morning! How can I help you?"),
    ("Repeat: the river and the old bridge", "the river and the old bridge"),
)
LENGTHS = (3000, 5000, 7000, 8000)


def cases(random: Random, count: int) -> Iterator[Case]:
    """A fifth as many as other rows: each reads thousands of tokens."""
    for number in range(count // 5):
        length = LENGTHS[number % len(LENGTHS)]
        name, seed = random.choice(held_out.NAMES), random.getrandbits(32)
        messages = list(_prompt(Random(seed), name, length, by_system=number % 2 == 1))

        def trial(engine: Engine, messages: list[Body] = messages, name: str = name, length: int = length) -> str | None:
            told, chatter, asked = messages[:2], messages[2:-1], messages[-1:]
            tokens = len(engine.tokenize(engine.render(messages)))
            pairs = int(len(chatter) / 2 * min(1.0, length / tokens))
            chatter = chatter[: 2 * pairs]
            try:
                reply = engine.chat(told + chatter + asked)
            except HTTPError as refused:  # by a model whose context is shorter
                return str(refused)
            return None if name.lower() in reply.content.lower() else repr(reply)

        yield Case("memory over 3,000 to 8,000 tokens", f"{name} after {length} tokens", trial)


def _prompt(random: Random, name: str, length: int, by_system: bool) -> Iterator[Body]:
    if by_system:
        yield system(f"You are a helpful assistant. The user's name is {name}.")
        yield user("Hello!")
    else:
        yield user(f"Hello there, my name is {name}.")
        yield assistant("Thank you, noted.")
    written = 0
    if by_system:
        yield assistant("Hello! How can I help you?")
    while written < length * 5:
        question, answer = random.choice(CHATTER)
        written += len(question) + len(answer)
        yield user(question)
        yield assistant(answer)
    yield user("Could you tell me what my name is?")
