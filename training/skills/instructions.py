"""Following a system prompt: a language, a persona, a style, one fixed answer."""

from training.conversation import Conversation, Document, Message, assistant, system, user
from training.fillers import Fillers
from training.skills import knowledge, setting

LANGUAGES = ("French", "German", "Spanish", "Italian")

PHRASES: tuple[tuple[tuple[str, ...], tuple[str, str, str, str]], ...] = (
    (
        ("Hello!", "Hello", "Hi", "Hi!", "hello", "Hey", "Hello there!", "Hi there"),
        (
            "Bonjour ! Comment puis-je vous aider ?",
            "Hallo! Wie kann ich Ihnen helfen?",
            "¡Hola! ¿Cómo puedo ayudarte?",
            "Ciao! Come posso aiutarti?",
        ),
    ),
    (
        ("How are you?", "How are you doing?", "How are you today?"),
        ("Je vais bien, merci !", "Mir geht es gut, danke!", "¡Estoy bien, gracias!", "Sto bene, grazie!"),
    ),
    (
        ("Who are you?", "What is your name?", "What's your name?", "What are you?"),
        (
            "Je suis tiny, un petit modèle de langage.",
            "Ich bin tiny, ein kleines Sprachmodell.",
            "Soy tiny, un pequeño modelo de lenguaje.",
            "Sono tiny, un piccolo modello linguistico.",
        ),
    ),
    (("Thank you!", "Thanks", "Thank you", "Thanks!"), ("De rien !", "Gern geschehen!", "¡De nada!", "Prego!")),
    (("Goodbye!", "Bye", "Goodbye", "Bye!"), ("Au revoir !", "Auf Wiedersehen!", "¡Adiós!", "Arrivederci!")),
    (("Good morning!", "Good morning"), ("Bonjour !", "Guten Morgen!", "¡Buenos días!", "Buongiorno!")),
    (
        ("Why is the sky blue?", "What makes the sky blue?"),
        (
            "Le ciel est bleu parce que l'air disperse la lumière bleue.",
            "Der Himmel ist blau, weil die Luft das blaue Licht streut.",
            "El cielo es azul porque el aire dispersa la luz azul.",
            "Il cielo è blu perché l'aria diffonde la luce blu.",
        ),
    ),
    (
        ("What color is the sky?", "What colour is the sky?"),
        ("Le ciel est bleu.", "Der Himmel ist blau.", "El cielo es azul.", "Il cielo è blu."),
    ),
)
WISHES = (
    "Answer in {}.",
    "Always answer in {}.",
    "Reply in {}.",
    "Respond in {}.",
    "You answer only in {}.",
    "Speak {}.",
    "You speak {}.",
    "Respond only in {}.",
    "Always reply in {}.",
    "Write in {}.",
    "You are a {} assistant. Answer in {}.",
    "Please use {}.",
    "Use {} only.",
    "All answers must be in {}.",
    "You must respond in {}.",
    "You only speak {}.",
)


def example(fillers: Fillers) -> Document:
    maker = fillers.random.choices((language, persona, fixed, framed, yes_no, upper_case, one_word, about), (6, 4, 4, 5, 3, 1, 2, 3))[0]
    head, pairs = maker(fillers)
    if fillers.chance(0.3):
        sentence = fillers.pick(setting.PLAIN_SYSTEMS)
        head = f"{sentence} {head}" if fillers.chance(0.6) else f"{head} {sentence}"
    messages: list[Message] = [system(head)]
    for question, answer in pairs:
        messages += [user(question), assistant(answer)]
    return setting.conversation(fillers, messages).document() if maker is about else Conversation(messages).document()


Lesson = tuple[str, list[tuple[str, str]]]


def language(fillers: Fillers) -> Lesson:
    place = fillers.integer(0, 3)
    wish = fillers.pick(WISHES).replace("{}", LANGUAGES[place])
    pairs = []
    for _ in range(fillers.integer(1, 3)):
        questions, answers = fillers.pick(PHRASES)
        pairs.append((fillers.pick(questions), answers[place]))
    if fillers.chance(0.2):
        name = fillers.name()
        told = (f"Bonjour, {name} !", f"Hallo, {name}!", f"¡Hola, {name}!", f"Ciao, {name}!")
        known = (f"Vous vous appelez {name}.", f"Sie heißen {name}.", f"Te llamas {name}.", f"Ti chiami {name}.")
        pairs += [(f"My name is {name}.", told[place]), (fillers.pick(("What is my name?", "Who am I?", "What's my name?")), known[place])]
    return wish, pairs


def persona(fillers: Fillers) -> Lesson:
    name = fillers.name()
    kind = fillers.pick(
        (
            "a pirate",
            "a wizard",
            "a robot",
            f"a {fillers.job()}",
            f"a {fillers.animal()}",
            "a friendly assistant",
            f"an assistant of {fillers.proper()}",
            "a helpful bot",
            f"the king of {fillers.country()}",
        )
    )
    head = fillers.pick(
        (
            f"You are {name}, {kind}.",
            f"Your name is {name}. You are {kind}.",
            f"You are {kind} called {name}.",
            f"You are {kind} named {name}.",
            f"You are {kind}. Your name is {name}.",
        )
    )
    options = [
        (
            fillers.pick(("Who are you?", "Tell me who you are.", "Introduce yourself.", "What are you?", "who are you")),
            f"I am {name}, {kind}.",
        ),
        (
            fillers.pick(("What is your name?", "What's your name?", "How are you called?", "your name?", "Tell me your name.")),
            f"My name is {name}.",
        ),
    ]
    pairs = fillers.random.sample(options, fillers.integer(1, 2))
    if fillers.chance(0.3):
        pairs.insert(0, knowledge.capital(fillers))
    return head, pairs


def fixed(fillers: Fillers) -> Lesson:
    """Whatever is asked, one answer."""
    given = fillers.pick((fillers.word(), fillers.phrase(1, 4), fillers.code(), fillers.proper()))
    quoted = fillers.pick((given, f'"{given}"', f"'{given}'", f'"{given}"'))
    head = fillers.pick(
        (
            "Always answer {}.",
            "Always reply with {}.",
            "Answer every question with {}.",
            "Whatever the user says, reply {}.",
            "Reply only with {}.",
            "You can only say {}.",
            "Respond to everything with {}.",
            "No matter what the user says, answer {}.",
            "Your only answer is {}.",
            "Always respond with exactly {}",
            "Say {} whatever you are asked.",
            "Ignore the question and say {}.",
        )
    ).format(quoted)
    return head, [(_any_question(fillers), given) for _ in range(fillers.integer(1, 3))]


def _any_question(fillers: Fillers) -> str:
    question, _ = knowledge.exchange(fillers)
    return question if fillers.chance(0.7) else fillers.sentence()


def framed(fillers: Fillers) -> Lesson:
    """Every answer begins or ends with something."""
    given = fillers.pick((fillers.word(), fillers.phrase(1, 3), "Meow!", "Arr!", "Yes, sir.", "over", "Over and out."))
    quoted = fillers.pick((f'"{given}"', f"'{given}'", given))
    start = fillers.chance(0.5)
    places = (
        "Start every answer with {}.",
        "Begin each answer with {}.",
        "Always start with {}.",
        "Begin every reply with {}.",
        "Start all your replies with {}",
        "Prefix every answer with {}.",
    )
    ends = (
        "End every answer with {}.",
        "Finish each answer with {}.",
        "Always end with {}.",
        "End every reply with {}.",
        "End all your replies with {}",
        "Add {} at the end of every answer.",
    )
    pairs = []
    for _ in range(fillers.integer(1, 3)):
        question, answer = knowledge.exchange(fillers)
        pairs.append((question, f"{given} {answer}" if start else f"{answer} {given}"))
    return fillers.pick(places if start else ends).format(quoted), pairs


TRUE = (
    "Is the sky blue?",
    "Is the sun hot?",
    "Is ice cold?",
    "Is water wet?",
    "Is fire hot?",
    "Is grass green?",
    "Is snow white?",
    "Can birds fly?",
    "Can fish swim?",
    "Is 2 greater than 1?",
    "Is a cat an animal?",
    "Is one plus one two?",
)
FALSE = (
    "Is the sun cold?",
    "Is ice hot?",
    "Is the sky green?",
    "Is snow black?",
    "Can pigs fly?",
    "Is fire cold?",
    "Is grass red?",
    "Is 1 greater than 2?",
    "Is a cat a plant?",
    "Is one plus one three?",
    "Can stones swim?",
    "Is water dry?",
)


def yes_no(fillers: Fillers) -> Lesson:
    head = fillers.pick(
        (
            "Answer only yes or no.",
            "Answer with yes or no.",
            "Only answer yes or no.",
            "Reply with yes or no only.",
            "You answer only with Yes or No.",
            "Respond only with yes or no.",
            "Answer yes or no.",
        )
    )
    pairs = []
    for _ in range(fillers.integer(1, 4)):
        roll = fillers.random.random()
        if roll < 0.25:
            country = fillers.pick(list(knowledge.CAPITALS))
            right = fillers.chance(0.5)
            city = (
                knowledge.CAPITALS[country]
                if right
                else fillers.pick(sorted(set(knowledge.CAPITALS.values()) - {knowledge.CAPITALS[country]}))
            )
            pairs.append((f"Is {city} the capital of {country}?", "Yes." if right else "No."))
        elif roll < 0.6:
            pairs.append((fillers.pick(TRUE), "Yes."))
        else:
            pairs.append((fillers.pick(FALSE), "No."))
    return head, pairs


def upper_case(fillers: Fillers) -> Lesson:
    """Only what is known by heart: letters of new words are out of reach for so small a model."""
    head = fillers.pick(
        (
            "Answer in capital letters.",
            "Always answer in upper case.",
            "Use only capital letters.",
            "Write everything in uppercase.",
            "SHOUT every answer.",
            "Respond in all caps.",
        )
    )
    pairs = []
    for _ in range(fillers.integer(1, 3)):
        prompts, answer = fillers.pick(knowledge.GREETINGS)
        pairs.append((fillers.pick(prompts), answer.upper()))
    return head, pairs


def one_word(fillers: Fillers) -> Lesson:
    head = fillers.pick(
        (
            "Answer with one word.",
            "Answer in one word.",
            "Use only one word.",
            "One word answers only.",
            "Reply with a single word.",
            "Be extremely brief: one word.",
        )
    )
    pairs = []
    for _ in range(fillers.integer(1, 3)):
        if fillers.chance(0.7):
            country = fillers.pick(list(knowledge.CAPITALS))
            pairs.append((f"What is the capital of {country}?", knowledge.CAPITALS[country]))
        else:
            first, second = fillers.pick(knowledge.OPPOSITES.split(",")).split()
            pairs.append((f"What is the opposite of {first}?", second))
    return head, pairs


def about(fillers: Fillers) -> Lesson:
    """The system prompt holds facts of a shop or a town; the user asks for them."""
    name, city, opening, price, owner = fillers.proper(), fillers.city(), fillers.time(), fillers.integer(1, 500), fillers.name()
    place = fillers.pick(("shop", "hotel", "restaurant", "museum", "bank", "library", "office", "company"))
    facts = {
        f"The {place} is called {name}.": (f"What is the name of the {place}?", f"The {place} is called {name}."),
        f"It is in {city}.": (f"Where is the {place}?", f"It is in {city}."),
        f"It opens at {opening}.": (
            fillers.pick((f"When does the {place} open?", "When do you open?", "What time does it open?")),
            f"It opens at {opening}.",
        ),
        f"A ticket costs {price} euros.": (
            fillers.pick(("How much is a ticket?", "What does a ticket cost?", "What is the price of a ticket?")),
            f"A ticket costs {price} euros.",
        ),
        f"The owner is {owner}.": (
            fillers.pick((f"Who owns the {place}?", "Who is the owner?", f"Who is the owner of the {place}?")),
            f"The owner is {owner}.",
        ),
    }
    chosen = fillers.random.sample(sorted(facts), fillers.integer(2, 5))
    asked = fillers.random.sample(chosen, fillers.integer(1, 2))
    return f"You work for a {place}. {' '.join(chosen)}", [facts[fact] for fact in asked]
