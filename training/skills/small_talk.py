"""Greetings and questions with a known answer, counting, listing, poems and stories."""

from training import lists
from training.conversation import Document, assistant, user
from training.fillers import Fillers
from training.skills import knowledge, prose, setting

HELLO_IN_WORDS = (
    "Hello!",
    "Hello there!",
    "Hello, my friend!",
    "Hello, my dear friend!",
    "Hello, how are you today?",
    "Hello and welcome, my dear friend!",
    "Hello, how can I help you today?",
)
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def example(fillers: Fillers) -> Document:
    maker = fillers.random.choices(
        (exchange, counting, hello_in_words, listing, poem, story, translation, short_answer), (10, 5, 1, 3, 3, 2, 2, 2)
    )[0]
    return maker(fillers)


def exchange(fillers: Fillers) -> Document:
    question, answer = knowledge.exchange(fillers)
    return setting.asked(fillers, question, answer, thought=f"The user says: {question.strip()} I can answer at once.")


def counting(fillers: Fillers) -> Document:
    first = 1 if fillers.chance(0.6) else fillers.integer(0, 60)
    last = first + fillers.pick((2, 4, 9, fillers.integer(1, 12), fillers.integer(3, 30), 19, 99 if fillers.chance(0.2) else 9))
    shown_first, shown_last = str(first), str(last)
    if last <= 10 and first >= 1 and fillers.chance(0.2):
        shown_first, shown_last = NUMBER_WORDS[first - 1], NUMBER_WORDS[last - 1]
    span = fillers.pick(
        (
            f"from {shown_first} to {shown_last}",
            f"from {shown_first} to {shown_last}",
            f"{shown_first} to {shown_last}",
            f"{shown_first} through {shown_last}",
        )
    )
    if first == 1 and fillers.chance(0.3):
        span = f"to {shown_last}"
    numbers = [str(number) for number in range(first, last + 1)]
    if fillers.chance(0.15):
        prompt = f"Count {fillers.pick(('backwards', 'down'))} from {shown_last} to {shown_first}"
        return setting.asked(fillers, fillers.roughly(prompt + "."), ", ".join(reversed(numbers)))
    start = fillers.pick(
        ("Count", "Count", "Please count", "Can you count", "List the numbers", "Write the numbers", "Count up", "Say the numbers")
    )
    if fillers.chance(0.2):
        start, separator = (
            start,
            fillers.pick(
                (
                    ("one per line", "\n"),
                    ("each on a new line", "\n"),
                    ("separated by spaces", " "),
                    ("separated by commas", ", "),
                    ("with commas", ", "),
                )
            ),
        )
        return setting.asked(fillers, fillers.roughly(f"{start} {span}, {separator[0]}."), separator[1].join(numbers))
    return setting.asked(fillers, fillers.roughly(f"{start} {span}{fillers.pick(('.', '', '.', '!'))}"), ", ".join(numbers))


def hello_in_words(fillers: Fillers) -> Document:
    count = fillers.pick((1, 2, 3, 3, 3, 4, 5, 6, 7))
    shown = fillers.pick((str(count), NUMBER_WORDS[count - 1]))
    plural = "word" if count == 1 else "words"
    prompt = fillers.pick(
        (
            f"Say hello in exactly {shown} {plural}.",
            f"Say hello in {shown} {plural}.",
            f"Greet me in exactly {shown} {plural}.",
            f"Say hi in {shown} {plural}",
            f"Greet me using {shown} {plural}.",
            f"Write a greeting of {shown} {plural}.",
        )
    )
    return setting.asked(fillers, fillers.roughly(prompt), HELLO_IN_WORDS[count - 1])


def listing(fillers: Fillers) -> Document:
    kind, items = fillers.pick(
        (
            ("colors", ["red", "blue", "green", "yellow", "black", "white", "orange", "purple"]),
            ("colours", ["red", "blue", "green", "yellow", "black", "white", "orange", "purple"]),
            ("fruits", ["apple", "banana", "orange", "pear", "cherry", "grape", "lemon", "plum"]),
            ("animals", ["cat", "dog", "horse", "cow", "bird", "fish", "lion", "bear"]),
            ("cities", ["Paris", "London", "Berlin", "Rome", "Madrid", "Tokyo", "Vienna", "Oslo"]),
            ("countries", ["France", "Germany", "Italy", "Spain", "Japan", "India", "Brazil", "Canada"]),
            ("planets", ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"]),
            ("programming languages", ["Python", "C", "Java", "Rust", "Go", "Ruby", "Swift", "Perl"]),
        )
    )
    count = fillers.integer(2, 8)
    shown = fillers.pick((str(count), NUMBER_WORDS[count - 1]))
    start = fillers.pick(("Name", "List", "Give me", "Tell me", "Write down", "Can you name", "Name me"))
    if fillers.chance(0.3):
        answer = "\n".join(f"{place}. {item}" for place, item in enumerate(items[:count], 1))
        return setting.asked(fillers, fillers.roughly(f"{start} {shown} {kind} as a numbered list."), answer)
    answer = ", ".join(items[:count])
    return setting.asked(fillers, fillers.roughly(f"{start} {shown} {kind}."), answer[0].upper() + answer[1:])


def poem(fillers: Fillers) -> Document:
    topic = fillers.pick(
        (
            f"the color {fillers.pick(lists.COLOURS)}",
            "the color blue",
            f"the {fillers.pick(lists.NOUNS)}",
            fillers.pick(lists.NOUNS),
            f"a {fillers.pick(lists.ANIMALS)}",
            fillers.lower_word(),
            fillers.city(),
        )
    )
    prompt = fillers.pick(
        (
            "Write a short poem about {}",
            "Write a poem about {}.",
            "Please write a poem about {}.",
            "Write me a short poem on {}.",
            "A poem about {}, please.",
            "Can you write a poem about {}?",
            "Compose a poem about {}.",
        )
    ).format(topic)
    return setting.asked(fillers, fillers.roughly(prompt), prose.poem(topic), thought=f"The user wants a poem about {topic}.")


def story(fillers: Fillers) -> Document:
    hero = fillers.pick((f"a {fillers.pick(lists.ANIMALS)}", f"a {fillers.pick(lists.NOUNS)}", fillers.name(), f"a {fillers.made_up()}"))
    if fillers.chance(0.4):
        prompt = fillers.pick(
            (
                "Tell me a story",
                "Tell me a story.",
                "Tell me a short story.",
                "Write a story.",
                "Write a short story",
                "Can you tell me a story?",
                "I want to hear a story.",
            )
        )
        hero = "a little robot"
    else:
        prompt = fillers.pick(
            (
                "Tell me a story about {}.",
                "Write a story about {}",
                "Write a short story about {}.",
                "Can you tell me a story about {}?",
                "Tell a short story about {}.",
            )
        ).format(hero)
    return setting.asked(fillers, fillers.roughly(prompt), prose.fixed_story(hero), thought=f"The user wants a story about {hero}.")


TRANSLATIONS = {
    "hello": ("bonjour", "hallo", "hola", "ciao"),
    "goodbye": ("au revoir", "auf Wiedersehen", "adiós", "arrivederci"),
    "thank you": ("merci", "danke", "gracias", "grazie"),
    "yes": ("oui", "ja", "sí", "sì"),
    "no": ("non", "nein", "no", "no"),
    "good morning": ("bonjour", "guten Morgen", "buenos días", "buongiorno"),
    "please": ("s'il vous plaît", "bitte", "por favor", "per favore"),
    "cat": ("chat", "Katze", "gato", "gatto"),
    "dog": ("chien", "Hund", "perro", "cane"),
    "house": ("maison", "Haus", "casa", "casa"),
    "water": ("eau", "Wasser", "agua", "acqua"),
}
LANGUAGES = ("French", "German", "Spanish", "Italian")


def translation(fillers: Fillers) -> Document:
    word = fillers.pick(list(TRANSLATIONS))
    place = fillers.integer(0, 3)
    language, translated = LANGUAGES[place], TRANSLATIONS[word][place]
    prompt = fillers.pick(
        (
            f"Translate {word} to {language}.",
            f'Translate "{word}" into {language}.',
            f"How do you say {word} in {language}?",
            f"What is {word} in {language}?",
            f"Say {word} in {language}.",
            f"What is the {language} word for {word}?",
        )
    )
    return setting.asked(fillers, fillers.roughly(prompt), translated[0].upper() + translated[1:])


def short_answer(fillers: Fillers) -> Document:
    """Known questions with the wish for one word."""
    country = fillers.pick(list(knowledge.CAPITALS))
    wish = fillers.pick(
        (
            "Answer with one word.",
            "One word only.",
            "Answer in one word.",
            "Just the name.",
            "Reply with just the city name.",
            "Only the name, please.",
            "Answer with the city only.",
        )
    )
    question = fillers.pick(
        (f"What is the capital of {country}?", f"What's the capital of {country}?", f"Which city is the capital of {country}?")
    )
    prompt = f"{question} {wish}" if fillers.chance(0.7) else f"{wish} {question}"
    messages = [user(prompt), assistant(knowledge.CAPITALS[country])]
    return setting.conversation(fillers, messages).document()
