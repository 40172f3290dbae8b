"""Saying and repeating what the user gives: copying in its purest form."""

from training import words
from training.conversation import Document, Message, assistant, user
from training.fillers import Fillers
from training.skills import setting

QUOTES = (('"', '"'), ('"', '"'), ("'", "'"), ("“", "”"), ("`", "`"), ("<", ">"), ("«", "»"))


def example(fillers: Fillers) -> Document:
    """One to four orders in a row."""
    messages: list[Message] = []
    for _ in range(fillers.pick((1, 1, 2, 3, 4))):
        maker = fillers.random.choices((say, exactly, word, back, lines), (5, 6, 4, 2, 1))[0]
        prompt, answer = maker(fillers)
        messages += [user(prompt), assistant(answer)]
    if fillers.chance(0.1):
        messages[-1] = assistant(answer, thought=f"I should say: {answer}")
    return setting.conversation(fillers, messages).document()


def plain(fillers: Fillers) -> Document:
    """A few plain words, which only the first one's capital changes."""
    messages: list[Message] = []
    for _ in range(fillers.pick((1, 2, 3, 4, 5))):
        said = [plain_word(fillers) for _ in range(fillers.pick((1, 2, 2, 3, 3, 4, 5)))]
        clause = " ".join(said)
        start = fillers.pick(("Say ", "Say ", "Say ", "Say: ", "Please say ", "Just say ", "Now say ", "say "))
        messages += [user(start + clause + fillers.pick(("", "", ".", "."))), assistant(clause[0].upper() + clause[1:] + ".")]
    return setting.conversation(fillers, messages, systems=0.15).document()


def plain_word(fillers: Fillers) -> str:
    """A word, or what looks like one."""
    roll = fillers.random.random()
    if roll < 0.35:
        return fillers.pick(words.PLAIN)
    return words.look_alike(fillers.random) if roll < 0.8 else fillers.lower_word()


def text(fillers: Fillers) -> str:
    """Anything that one may be asked to repeat."""
    roll = fillers.random.random()
    if roll < 0.3:
        return fillers.phrase()
    if roll < 0.45:
        return fillers.sentence()
    if roll < 0.6:
        return " ".join(fillers.look_alikes() if fillers.chance(0.35) else fillers.words(1, 6))
    if roll < 0.7:
        return fillers.code()
    if roll < 0.8:
        return fillers.word()
    if roll < 0.85:
        return fillers.pick((fillers.email(), fillers.date(), fillers.file(), fillers.number(), f"{fillers.city()}, {fillers.country()}"))
    if roll < 0.93:
        return f"{fillers.name()} {fillers.pick(('said', 'has', 'likes', 'is', 'wants', 'sees'))} {fillers.phrase()}, {fillers.phrase()}{fillers.pick(('.', '!', '?', ''))}"
    return " ".join(str(fillers.integer(0, 9999)) for _ in range(fillers.integer(1, 6)))


def say(fillers: Fillers) -> tuple[str, str]:
    """Say <words> → the words as a sentence."""
    clause = (
        "this is a test"
        if fillers.chance(0.1)
        else (fillers.clause() if fillers.chance(0.5) else " ".join(fillers.lower_word() for _ in range(fillers.integer(1, 6))))
    )
    start = fillers.pick(
        (
            "Say ",
            "Say ",
            "Say ",
            "Say: ",
            "Say that ",
            "Please say ",
            "Can you say ",
            "Could you say ",
            "Just say ",
            "Now say ",
            "say ",
            "I want you to say ",
        )
    )
    answer = clause[0].upper() + clause[1:] + "."
    if start.startswith(("Can", "Could")):
        return f"{start}{clause}?", answer
    end = fillers.pick(("", "", ".", " please", ", please.", "!"))
    return start + clause + end, answer[:-1] + "!" if end == "!" else answer


STARTS = ("Repeat after me: {}", "Repeat: {}", "Repeat this: {}", "Repeat exactly: {}", "Repeat the following: {}", "Repeat the following text: {}",
    "Echo: {}", "Echo this: {}", "Say exactly: {}", "Say exactly this: {}", "Reply with exactly: {}", "Reply with: {}", "Reply exactly with: {}", "Answer with exactly: {}",
    "Respond with exactly: {}", "Respond with: {}", "Output: {}", "Output exactly: {}", "Output only: {}", "Print: {}", "Copy this: {}", "Copy the following text: {}", "Write: {}", "Write exactly: {}", "Type: {}",
    "Return exactly this text: {}", "Say the following: {}", "Reply only with: {}", "Answer only: {}", "Repeat this sentence: {}", "Repeat these words: {}", "Repeat this text back to me: {}", "Please repeat: {}", "Give me back this text: {}", "Echo back: {}", "Send back: {}", "Reply with this and nothing else: {}",
    "Repeat after me, word for word: {}", "Copy: {}", "Your only answer is: {}", "Say this: {}", "Parrot this: {}", "Tell me: {}", "Repeat this back: {}", "Recite: {}", "Return: {}", "Quote this: {}")  # fmt: skip
QUOTED = ("Say {}.", "Say {}", "Say {} and nothing else.", "Repeat {}.", "Repeat {}", "Reply with {}.", "Reply with {} only.", "Just say {}.", "Reply {}", "Write {}.", "Output {}", "Respond with {}.", "Please say {}.", "Can you say {}?", "Can you repeat {}?", "Echo {}", "Answer with {}", "Only say {}", "Say only {}.",
    "Answer {} and nothing more.", "Respond only with {}", "Type {}.", "Print {}", "Return {}.", "Please repeat {} for me.", "Could you say {}?", "Reply with just {}.", "Reply with the text {}.", "Say the words {}.", "Say the phrase {}.", "Repeat the phrase {}.", "Repeat the sentence {}", "I want you to say {}.", "Simply reply {}.", "Respond with the single word {}.")  # fmt: skip


def exactly(fillers: Fillers) -> tuple[str, str]:
    """After a colon or in quotes → the same characters."""
    given = text(fillers).strip()
    if fillers.chance(0.5):
        before, after = fillers.pick(QUOTES)
        frame = fillers.pick(QUOTED) if fillers.chance(0.7) else fillers.pick(STARTS)
        given = given.replace(before, "").replace(after, "")
        return frame.format(before + given + after), given
    start = fillers.pick(STARTS)
    if fillers.chance(0.1):
        return start.format("\n" + given), given
    if fillers.chance(0.1):
        start = start[0].lower() + start[1:]
    return start.format(given), given


WORD = ("Say the word {}.", "Say the word {}", "Repeat the word {}.", "Reply with the word {}.", "Answer with the word {}.", "Write the word {}", "Say only the word {}.", "Reply with only the word {}.", "Respond with the word {} only.", "Just say the word {}.", "Reply with just the word {}.", "Output the word {}.", "Say the name {}.", "Repeat the name {}.", "Repeat the number {}.", "Say the number {}.", "Write the code {}.", "Repeat the code {}.", "Reply with one word: {}", "Say one word: {}", "Answer with one word: {}", "Reply with a single word: {}.", "Say the single word {}.", "Answer only with the word {}", "Reply with the number {} and nothing else.", "Please say the word {}.", "Can you say the word {}?", "Echo the word {}", "Type the word {}.")  # fmt: skip


def word(fillers: Fillers) -> tuple[str, str]:
    frame = fillers.pick(WORD)
    given = fillers.word()
    if "number" in frame:
        given = fillers.number().replace(".", "")
    elif "code" in frame:
        given = fillers.code()
    elif "name" in frame:
        given = fillers.name()
    if fillers.chance(0.3):
        before, after = fillers.pick(QUOTES)
        return frame.format(before + given + after), given
    return frame.format(given), given


def back(fillers: Fillers) -> tuple[str, str]:
    """The text first, then what to do with it."""
    given = text(fillers).strip()
    order = fillers.pick(
        (
            "Repeat that.",
            "Repeat this text.",
            "Repeat the text above.",
            "Copy the text above.",
            "Say that again.",
            "Please repeat what I wrote.",
            "Now repeat it.",
            "Repeat the line above exactly.",
        )
    )
    return f"{given}\n{fillers.pick(('', chr(10)))}{order}", given


def lines(fillers: Fillers) -> tuple[str, str]:
    """Several times, or several lines."""
    if fillers.chance(0.5):
        given, times = fillers.word(), fillers.integer(2, 5)
        number = fillers.pick((str(times), ("two", "three", "four", "five")[times - 2]))
        prompt = fillers.pick(
            (
                f"Say {given} {number} times.",
                f'Say "{given}" {number} times.',
                f"Repeat the word {given} {number} times.",
                f"Write {given} {number} times",
            )
        )
        return prompt, " ".join([given] * times)
    given = "\n".join(fillers.pick((fillers.sentence(), fillers.phrase())) for _ in range(fillers.integer(2, 4)))
    return f"{fillers.pick(('Repeat these lines:', 'Copy this text:', 'Repeat the following text:', 'Echo this text:'))}\n{given}", given
