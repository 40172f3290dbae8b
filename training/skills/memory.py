"""Remembering what was said earlier, in the conversation or in the system prompt; and admitting what was not."""

import re

from training.conversation import Document, Message, assistant, system, user
from training.fillers import Fillers
from training.skills import setting
from training.skills.attributes import ATTRIBUTES, Attribute, owned

NOUNS = (
    "code",
    "secret code",
    "secret word",
    "password",
    "magic word",
    "number",
    "secret number",
    "key",
    "code word",
    "secret",
    "token",
    "pin",
    "passphrase",
    "id",
    "order number",
    "project name",
    "room number",
    "answer",
    "keyword",
    "ticket number",
)


def example(fillers: Fillers) -> Document:
    maker = fillers.random.choices((personal, personal, from_system, thing, other_person, unknown, earlier), (5, 3, 3, 5, 2, 3, 1))[0]
    return maker(fillers)


def long(fillers: Fillers) -> Document:
    """Told at the beginning of a long conversation, asked at its end, up to about 2,500 tokens later."""
    return _long(fillers, fillers.integer(15, 60))


def longest(fillers: Fillers) -> Document:
    """The same, up to about 5,000 tokens later."""
    return _long(fillers, fillers.integer(60, 110))


def _long(fillers: Fillers, turns: int) -> Document:
    told = _pick_attributes(fillers, fillers.integer(1, 3))
    messages: list[Message] = []
    for _ in range(turns):
        messages += setting.chatter(fillers, 1)
        if fillers.chance(0.2):
            clause = fillers.clause()
            messages += [user(f"Say {clause}"), assistant(clause[0].upper() + clause[1:] + ".")]
    telling = _telling(fillers, told)
    place = 2 * fillers.integer(0, 5)
    messages = [*messages[:place], *telling, *messages[place:]] if fillers.chance(0.8) else [*messages, *telling]
    return setting.conversation(fillers, messages + _questions(fillers, told)).document()


def _pick_attributes(fillers: Fillers, count: int) -> list[tuple[Attribute, str]]:
    first = ATTRIBUTES[0]
    others = fillers.random.sample(ATTRIBUTES[1:], count)
    chosen = [first, *others[1:]] if fillers.chance(0.5) else others
    if fillers.chance(0.4):
        chosen = [*chosen[:-1], owned(fillers)]
    return [(attribute, attribute.value(fillers)) for attribute in chosen]


def _acknowledge(fillers: Fillers, told: list[tuple[Attribute, str]]) -> str:
    if any(attribute.key == "name" for attribute, _ in told):
        name = next(value for attribute, value in told if attribute.key == "name")
        return f"Nice to meet you, {name}!"
    attribute, value = told[-1]
    return f"Thank you for telling me. {attribute.answer.format(value)}"


def personal(fillers: Fillers) -> Document:
    """The user tells things, perhaps talks of something else, and asks for them."""
    told = _pick_attributes(fillers, fillers.integer(1, 4))
    messages: list[Message] = []
    place = 0
    while place < len(told):
        part = told[place : place + fillers.integer(1, 3)]
        place += len(part)
        messages += _telling(fillers, part)
    messages += setting.chatter(fillers, fillers.pick((0, 0, 0, 1, 1, 2)))
    return setting.conversation(fillers, messages + _questions(fillers, told)).document()


def _telling(fillers: Fillers, part: list[tuple[Attribute, str]]) -> list[Message]:
    text = " ".join(_amid(fillers, fillers.pick(attribute.tells).format(value)) for attribute, value in part)
    if fillers.chance(0.2):
        text = f"{text} {fillers.sentence()}"
    if fillers.chance(0.1):
        text = f"{text} Please remember that."
    if fillers.chance(0.1):
        text = text[0].lower() + text[1:]
    if fillers.chance(0.12):
        attribute, value = fillers.pick(part)
        return [user(f"{text} {fillers.pick(attribute.asks)}"), assistant(attribute.answer.format(value))]
    return [user(text), assistant(_acknowledge(fillers, part))]


OPENERS = (
    "By the way,",
    "Just so you know,",
    "FYI:",
    "Hey,",
    "Right now",
    "Well,",
    "At the moment",
    "As I said,",
    "Good morning!",
    "Since last year",
)
CLOSERS = (", you know", ", I think", ", believe me", ", as always", ", so to say", " and nothing else")


def _amid(fillers: Fillers, told: str) -> str:
    """What is told, now and then with words around it that do not matter."""
    if fillers.chance(0.25):
        opener = fillers.pick(OPENERS) if fillers.chance(0.6) else " ".join(fillers.words(1, 3)) + fillers.pick((",", ":", " -", ""))
        told = f"{opener} {told[0].lower() if not told.startswith(('I ', 'I')) else told[0]}{told[1:]}"
    if fillers.chance(0.12) and told.endswith("."):
        told = told[:-1] + (fillers.pick(CLOSERS) if fillers.chance(0.6) else f", {' '.join(fillers.words(1, 3))}") + "."
    return told


HEADS = ("So, ", "And ", "Now, ", "Tell me: ", "Quick question: ", "One more thing: ", "Then ", "Well, ", "Do you know: ")
TAILS = (" now?", ", please?", ", do you know?", " exactly?", ", once more?", " actually?", ", by any chance?", " then?")


def _asking(fillers: Fillers, question: str) -> str:
    """The question as people put it, now and then with words around it."""
    roll = fillers.random.random()
    if roll < 0.1:
        return fillers.pick(HEADS) + question[0].lower() + question[1:]
    if roll < 0.2 and question.endswith("?"):
        return question[:-1] + (fillers.pick(TAILS) if fillers.chance(0.7) else f" {fillers.word()}?")
    return fillers.roughly(question)


def _questions(fillers: Fillers, told: list[tuple[Attribute, str]]) -> list[Message]:
    """Questions for what was told and, now and then, for what was not."""
    messages: list[Message] = []
    for _ in range(fillers.integer(1, 4)):
        if fillers.chance(0.15):
            attribute = fillers.pick(ATTRIBUTES)
            if attribute.key.split()[-1] in {pair[0].key.split()[-1] for pair in told}:
                continue
            messages += [user(_asking(fillers, fillers.pick(attribute.asks))), assistant(_missing(attribute))]
        else:
            attribute, value = fillers.pick(told)
            messages += [user(_asking(fillers, fillers.pick(attribute.asks))), assistant(attribute.answer.format(value))]
    if not messages:
        attribute, value = told[0]
        messages = [user(fillers.pick(attribute.asks)), assistant(attribute.answer.format(value))]
    return messages


def _missing(attribute: Attribute) -> str:
    return f"I do not know {attribute.missed or f'your {attribute.key}'}. You have not told me."


def unknown(fillers: Fillers) -> Document:
    """Asked for what nobody told."""
    attribute = ATTRIBUTES[0] if fillers.chance(0.35) else fillers.pick(ATTRIBUTES) if fillers.chance(0.8) else owned(fillers)
    messages = [] if fillers.chance(0.7) else setting.chatter(fillers, 1)
    if fillers.chance(0.3):
        noun = fillers.pick(NOUNS)
        messages += [user(fillers.pick(THING_ASKS).format(noun)), assistant(f"I do not know the {noun}. You have not told me.")]
    else:
        messages += [user(_asking(fillers, fillers.pick(attribute.asks))), assistant(_missing(attribute))]
    if fillers.chance(0.5):
        value = attribute.value(fillers)
        messages += [user(fillers.pick(attribute.tells).format(value)), assistant(_acknowledge(fillers, [(attribute, value)]))]
        messages += [user(_asking(fillers, fillers.pick(attribute.asks))), assistant(attribute.answer.format(value))]
    return setting.conversation(fillers, messages).document()


def from_system(fillers: Fillers) -> Document:
    """The system prompt tells about the user."""
    told = _pick_attributes(fillers, fillers.integer(1, 3))
    lines = []
    for attribute, value in told:
        fact = attribute.answer.format(value)
        fact = fact.replace("Your", "The user's", 1).replace("You live", "The user lives").replace("You are", "The user is")
        roll = fillers.random.random()
        lines.append(
            fact if roll < 0.5 else f"The user's {attribute.key} is {value}." if roll < 0.7 else _reported(fillers, attribute, value)
        )
    text = " ".join(lines)
    if fillers.chance(0.6):
        text = f"{setting.plain_system(fillers)} {text}" if fillers.chance(0.7) else f"{text} {setting.plain_system(fillers)}"
    return setting.conversation(fillers, [system(text), *_questions(fillers, told)]).document()


def _reported(fillers: Fillers, attribute: Attribute, value: str) -> str:
    """What the user tells, told by somebody else."""
    told = fillers.pick(attribute.tells).format(value)
    for mine, theirs in (
        ("I have ", "The user has "),
        ("I own ", "The user owns "),
        ("I live ", "The user lives "),
        ("I like ", "The user likes "),
    ):
        told = told.replace(mine, theirs)
    told = re.sub(r"\bI am\b|\bI'm\b", "The user is", told)
    return re.sub(r"\bmy\b", "the user's", re.sub(r"\bMy\b", "The user's", told))


THING_TELLS = (
    "The {} is {}.",
    "The {} is {}.",
    "Remember this: the {} is {}.",
    "Remember the {}: {}.",
    "My {} is {}.",
    "Please remember that the {} is {}.",
    "Remember that my {} is {}.",
    "The {} is '{}'.",
    "{} = {}",
    "Remember the {} {}.",
    'The {} is "{}".',
    "Today's {} is {}.",
    "Note: the {} is {}.",
)
THING_ASKS = (
    "What is the {}?",
    "What is the {}?",
    "What's the {}?",
    "Tell me the {}.",
    "What was the {}?",
    "Do you remember the {}?",
    "Which {} did I tell you?",
    "What is my {}?",
    "Please give me the {}.",
    "What did I say the {} was?",
    "Repeat the {}.",
    "What {} did I give you?",
    "Reply with the {} only.",
    "What was the {} I told you?",
)


def thing(fillers: Fillers) -> Document:
    """A code, a password: told by the user or the system, asked later."""
    pairs = [(noun, _thing_value(fillers)) for noun in fillers.random.sample(NOUNS, fillers.pick((1, 1, 2, 3)))]
    tells = [_amid(fillers, fillers.pick(THING_TELLS).format(noun, value)) for noun, value in pairs]
    messages: list[Message] = []
    padding = [fillers.sentence() for _ in range(fillers.pick((0, 0, 1, 3, 8)))]
    text = " ".join(fillers.random.sample(tells + padding, len(tells) + len(padding)))
    if fillers.chance(0.45):
        messages.append(system(text if fillers.chance(0.5) else f"{fillers.pick(setting.PLAIN_SYSTEMS)} {text}"))
    else:
        answer = f"OK, I will remember that the {pairs[-1][0]} is {pairs[-1][1]}."
        messages += [user(text), assistant(answer)]
    messages += setting.chatter(fillers, fillers.pick((0, 0, 1, 2)))
    for noun, value in fillers.random.sample(pairs, fillers.integer(1, len(pairs))):
        ask = fillers.pick(THING_ASKS)
        messages += [user(_asking(fillers, ask.format(noun))), assistant(value if "only" in ask else f"The {noun} is {value}.")]
    return setting.conversation(fillers, messages, systems=0.2).document()


def _thing_value(fillers: Fillers) -> str:
    return fillers.pick(
        (
            fillers.code(),
            fillers.word(),
            fillers.number().replace(".", ""),
            fillers.made_up(),
            fillers.proper(),
            f"{fillers.word()} {fillers.word()}",
            str(fillers.integer(0, 99999)),
        )
    )


def other_person(fillers: Fillers) -> Document:
    """Facts about several people: the right one has to be found."""
    people = [
        (fillers.proper() if fillers.chance(0.6) else fillers.name(), fillers.city(), fillers.integer(3, 99), fillers.colour())
        for _ in range(fillers.integer(1, 4))
    ]
    facts = [
        fact
        for name, city, age, colour in people
        for fact in (f"{name} lives in {city}.", f"{name} is {age} years old.", f"{name} likes {colour}.")
    ]
    kept = facts if fillers.chance(0.5) else facts[: max(3, len(facts) // 2)]
    text = " ".join(fillers.random.sample(kept, len(kept)))
    questions: list[tuple[str, str]] = []
    for name, city, age, colour in people:
        options = {
            f"{name} lives in {city}.": (
                fillers.pick((f"Where does {name} live?", f"Which city does {name} live in?", f"Where is {name}'s home?")),
                f"{name} lives in {city}.",
            ),
            f"{name} is {age} years old.": (fillers.pick((f"How old is {name}?", f"What is {name}'s age?")), f"{name} is {age} years old."),
            f"{name} likes {colour}.": (
                fillers.pick((f"What does {name} like?", f"Which color does {name} like?")),
                f"{name} likes {colour}.",
            ),
        }
        questions += [pair for fact, pair in options.items() if fact in kept]
        if f"{name} lives in {city}." in kept:
            questions.append((f"Who lives in {city}?", f"{name} lives in {city}."))
        if f"{name} likes {colour}." in kept and [person[3] for person in people].count(colour) == 1:
            questions.append((f"Who likes {colour}?", f"{name} likes {colour}."))
    chosen = fillers.random.sample(questions, min(len(questions), fillers.integer(1, 4)))
    first, *rest = chosen
    messages = [user(f"{text} {first[0]}"), assistant(first[1])]
    for question, answer in rest:
        messages += [user(fillers.roughly(question)), assistant(answer)]
    return setting.conversation(fillers, messages).document()


def earlier(fillers: Fillers) -> Document:
    """What was said before, word for word."""
    first, second = fillers.sentence(), fillers.sentence()
    messages = [user(f"Say: {first}"), assistant(first)]
    if fillers.chance(0.5):
        messages += [user(f"Now say: {second}"), assistant(second)]
    last = second if len(messages) > 2 else first
    question, answer = fillers.pick(
        (
            ("What was the first thing I asked you to say?", first),
            ("What did you say first?", first),
            ("What did you just say?", last),
            ("Repeat your last answer.", last),
            ("Say that again.", last),
            ("Again, please.", last),
        )
    )
    return setting.conversation(fillers, [*messages, user(question), assistant(answer)]).document()
