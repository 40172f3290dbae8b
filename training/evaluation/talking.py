"""Cases without tools: copying, memory, system prompts, not knowing, the first questions that people ask."""

import re
from collections.abc import Callable, Iterator
from random import Random

from training.evaluation import held_out
from training.evaluation.cases import Case, any_of, assistant, chat, containing, exactly, spread, system, user
from training.evaluation.engine import Reply


def copying(random: Random, count: int) -> Iterator[Case]:
    """Wordings that training lacks, around words that it lacks."""
    frames = (
        "Kindly repeat this: {}",
        "Say precisely this: {}",
        "Your reply must be exactly: {}",
        "Please echo the following: {}",
        'Please reply with the text "{}"',
        'Would you say "{}"?',
        "Reply with exactly this text: {}",
        "Please say '{}'",
        "Repeat the following words: {}",
        'Answer with "{}" and nothing else.',
    )
    for frame in spread(random, frames, count):
        words = random.sample(held_out.WORDS, random.randint(1, 4))
        if random.random() < 0.3:
            words.insert(random.randrange(len(words) + 1), str(random.randint(10, 999)))
        if random.random() < 0.3:
            words.insert(0, random.choice(held_out.NAMES))
        given = " ".join(words)
        yield chat("copying", [user(frame.format(given))], exactly(given))


def memory(random: Random, count: int) -> Iterator[Case]:
    tells = (
        ("For your information, my name is {}.", held_out.NAMES, "Could you tell me what my name is?"),
        ("Hello there, I'm {}, nice to meet you.", held_out.NAMES, "So what is my name?"),
        ("These days I live in {}.", held_out.CITIES, "Which city do I live in, do you remember?"),
        ("My favorite animal is the {}.", held_out.ANIMALS, "What is my favorite animal again?"),
        ("My favourite colour has always been {}.", held_out.COLOURS, "Which colour is my favourite?"),
        ("Please note that the password is {}.", held_out.WORDS, "What is the password?"),
        ("Keep this in mind: the code word is {}.", held_out.WORDS, "What was the code word again?"),
        ("I have a dog whose name is {}.", held_out.NAMES, "What is my dog called?"),
        ("My favorite food is {}, by the way.", held_out.FOODS, "What is my favorite food?"),
    )
    for number in range(count):
        tell, values, ask = tells[number % len(tells)]
        value = random.choice(values)
        told = tell.format(value)
        if number % 4 == 0:
            messages = [system(f"You are a helpful assistant. {_of_the_user(told)}"), user(ask)]
        elif number % 4 == 1:
            messages = [user(f"{told} {ask}")]
        else:
            messages = [
                user(told),
                assistant("Thank you, noted."),
                user("What is the capital of Spain?"),
                assistant("The capital of Spain is Madrid."),
                user(ask),
            ]
            messages = messages if number % 4 == 2 else [*messages[:2], messages[-1]]
        yield chat("memory", messages, containing(value))


def _of_the_user(told: str) -> str:
    for old, new in (
        ("For your information, my", "The user's"),
        ("Hello there, I'm", "The user is called"),
        ("These days I live", "The user lives"),
        ("My", "The user's"),
        ("I have", "The user has"),
        (", nice to meet you", ""),
        (", by the way", ""),
    ):
        told = told.replace(old, new)
    return told


def system_prompt(random: Random, count: int) -> Iterator[Case]:
    languages = (("French", "Bonjour"), ("German", "Hallo"), ("Spanish", "Hola"), ("Italian", "Ciao"))
    wishes = (
        "You always answer in {}.",
        "Please answer every message in {}.",
        "You are a helpful assistant that speaks {}.",
        "Only use {} in your answers.",
    )
    for number in range(count):
        kind = number % 5
        if kind == 0:
            language, word = random.choice(languages)
            yield chat("system prompt", [system(random.choice(wishes).format(language)), user("Hello!")], containing(word))
        elif kind == 1:
            name, job = random.choice(held_out.NAMES), random.choice(held_out.JOBS)
            question = random.choice(("Hi, who are you?", "What's your name, please?", "Could you tell me your name?"))
            yield chat("system prompt", [system(f"You are {name}, a {job}."), user(question)], containing(name))
        elif kind == 2:
            word = random.choice(held_out.WORDS)
            head = random.choice(
                (
                    f"Reply to every message with the word {word}.",
                    f"Whatever happens, answer '{word}'.",
                    f"You must always answer with {word}.",
                )
            )
            yield chat(
                "system prompt",
                [system(head), user(random.choice(("How are you?", "What is the capital of Italy?", "Tell me something")))],
                containing(word),
            )
        elif kind == 3:
            word = random.choice(held_out.WORDS).capitalize()
            yield chat(
                "system prompt",
                [system(f'Start each answer with "{word}".'), user("What is the capital of France?")],
                _beginning(word, "Paris"),
            )
        else:
            question, answer = random.choice(
                (("Is the sky blue?", "yes"), ("Is fire cold?", "no"), ("Is snow white?", "yes"), ("Can pigs fly?", "no"))
            )
            head = random.choice(("You may only answer yes or no.", "Answer all questions with only yes or no."))
            yield chat("system prompt", [system(head), user(question)], _only(answer))


def _beginning(word: str, part: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.content.startswith(word) and part in reply.content


def _only(word: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.content.lower().strip(".!") == word


def not_knowing(random: Random, count: int) -> Iterator[Case]:
    asks = (
        "Hello, what is my name?",
        "Could you tell me my name?",
        "Where do I live, do you know?",
        "What's the name of my cat?",
        "Tell me my favourite colour.",
        "How old am I now?",
        "What is the password?",
        "Do you happen to know my name?",
        "What is my favorite food?",
        "What is the secret word?",
    )
    for ask in spread(random, asks, count):
        yield chat("not knowing", [user(ask)], any_of("not know", "don't know", "not told"))


def greetings(random: Random, count: int) -> Iterator[Case]:
    """The questions of the seeds, as they stand there, and some like them."""
    asks = (
        ("Say this is a test", exactly("This is a test.")),
        ("Say this is a test.", exactly("This is a test.")),
        ("Hello!", containing("hello")),
        ("Hello world", containing("hello")),
        ("Hi there, how are you?", any_of("fine", "well", "help")),
        ("Why is the sky blue?", containing("blue", "light")),
        ("why is the grass green?", containing("green")),
        ("Write a short poem about the color blue", containing("blue", "\n")),
        ("Tell me a story", containing("once upon a time")),
        ("Say hello in exactly 3 words.", lambda reply: len(reply.content.split()) == 3),
        ("Explain quantum computing", containing("quantum")),
        ("Count from 3 to 17.", containing(", ".join(map(str, range(3, 18))))),
        ("Count to 20", containing(", ".join(map(str, range(1, 21))))),
        ("Who are you?", containing("tiny")),
        ("What is the capital of France?", containing("Paris")),
        ("What's the capital of Japan?", containing("Tokyo")),
        ("Thank you!", any_of("welcome")),
        ("List three colors.", any_of("red", "blue")),
        ("Tell me a joke please", containing("because")),
        ("Good morning", containing("morning")),
    )
    for ask, right in asks[:count]:
        yield chat("greetings and seeds", [user(ask)], right)


def arithmetic(random: Random, count: int, thinking: bool) -> Iterator[Case]:
    frames = ("What does {} give?", "Please compute {}", "What is the result of {}?", "Could you work out {}?", "{} is what?")
    for frame in spread(random, frames, count):
        left, sign, right = random.choice((_sum(random), _sum(random), (random.randint(2, 12), "*", random.randint(2, 12))))
        value = {"+": left + right, "-": left - right, "*": left * right}[sign]
        shown = random.choice(
            (
                f"{left} {sign} {right}",
                f"{left}{sign}{right}",
                f"{left} {dict(zip('+-*', ('plus', 'minus', 'times'), strict=True))[sign]} {right}",
            )
        )

        def correct(reply: Reply, value: int = value) -> bool:
            numbers = re.findall(r"-?\d+", reply.content)
            return bool(numbers) and int(numbers[-1]) == value and (not thinking or bool(reply.thought))

        name = "arithmetic with thinking" if thinking else "arithmetic"
        yield chat(name, [user(frame.format(shown))], correct, chat_template_kwargs={"enable_thinking": thinking})


def _sum(random: Random) -> tuple[int, str, int]:
    left, right = random.randint(1, 99), random.randint(1, 99)
    return (left, "+", right) if random.random() < 0.5 else (max(left, right), "-", min(left, right))


def cases(random: Random, count: int) -> Iterator[Case]:
    yield from copying(random, count)
    yield from memory(random, count)
    yield from system_prompt(random, count)
    yield from not_knowing(random, count)
    yield from greetings(random, count)
    yield from arithmetic(random, count, thinking=False)
    yield from arithmetic(random, count, thinking=True)
