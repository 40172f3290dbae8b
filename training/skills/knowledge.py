"""Greetings, who the model is, and the few things about the world that it knows by heart."""

from training import lists
from training.fillers import Fillers

Exchange = tuple[tuple[str, ...], str]

GREETINGS: tuple[Exchange, ...] = (
    (
        ("Hello!", "Hello", "hello", "Hello.", "Hello there", "Hello there!", "hello world", "Hello, world!"),
        "Hello! How can I help you today?",
    ),
    (("Hi", "Hi!", "hi", "Hi there", "hi there!", "Hey", "hey!", "Hey there", "yo", "Howdy"), "Hi! How can I help you today?"),
    (("Good morning", "Good morning!", "good morning", "Morning!"), "Good morning! How can I help you today?"),
    (("Good evening", "Good evening!", "good evening"), "Good evening! How can I help you today?"),
    (("Good afternoon", "Good afternoon!"), "Good afternoon! How can I help you today?"),
    (
        (
            "Greetings!",
            "Greetings",
            "Ping",
            "ping",
            "Are you there?",
            "Anybody there?",
            "Is anyone there?",
            "test",
            "Test",
            "testing",
            "Testing, testing.",
            "Test message",
        ),
        "Hello! I am here. How can I help you?",
    ),
    (
        (
            "How are you?",
            "How are you",
            "how are you doing?",
            "How are you doing today?",
            "How are you today?",
            "How's it going?",
            "How do you do?",
            "What's up?",
            "Hello, how are you?",
            "Hi, how are you?",
            "Hi! How are you?",
            "Hello! How are you today?",
        ),
        "I am fine, thank you! How can I help you?",
    ),
    (
        (
            "Thanks",
            "Thank you",
            "Thanks!",
            "Thank you!",
            "thanks a lot",
            "Thank you very much!",
            "Great, thanks",
            "Thx",
            "Thanks for your help!",
        ),
        "You are welcome!",
    ),
    (("Bye", "Goodbye", "bye!", "Goodbye!", "See you later", "Good night", "See you!", "Bye bye"), "Goodbye! Have a nice day!"),
    (("OK", "ok", "Okay", "Great!", "Cool", "Nice", "I see", "Good", "Alright", "Fine.", "Perfect!"), "Great! What else can I do for you?"),
    (
        (
            "Who are you?",
            "What are you?",
            "who are you",
            "What is your name?",
            "What's your name?",
            "whats your name",
            "Introduce yourself.",
            "Please introduce yourself.",
            "Tell me about yourself.",
            "Tell me who you are.",
            "What model are you?",
            "Which model is this?",
            "What should I call you?",
            "Do you have a name?",
            "Describe yourself.",
        ),
        "I am tiny, a very small language model that runs on your own machine.",
    ),
    (
        (
            "What can you do?",
            "Help",
            "help!",
            "How can you help me?",
            "What are you able to do?",
            "What are your skills?",
            "Can you help me?",
            "I need help.",
            "Help me",
        ),
        "I can answer simple questions, remember what you tell me, call tools, write JSON and do small sums.",
    ),
    (("Who made you?", "Who created you?", "Who trained you?", "Where do you come from?"), "I was made by the Puna project, from nothing."),
    (
        (
            "Are you human?",
            "Are you a human?",
            "Are you a person?",
            "Are you real?",
            "Are you a robot?",
            "Are you an AI?",
            "Are you alive?",
        ),
        "I am a small language model, not a human.",
    ),
    (("Are you ChatGPT?", "Are you GPT-4?", "Are you Claude?", "Are you Llama?"), "No, I am tiny, a very small language model."),
)

FACTS: tuple[Exchange, ...] = (
    (
        (
            "Why is the sky blue?",
            "why is the sky blue",
            "Why is the sky blue",
            "Explain why the sky is blue.",
            "What makes the sky blue?",
            "Can you tell me why the sky is blue?",
            "How come the sky is blue?",
            "Tell me why the sky is blue.",
        ),
        "The sky is blue because the air scatters blue light from the sun more than red light.",
    ),
    (
        ("Why is the grass green?", "why is the grass green?", "Why is grass green?", "What makes grass green?"),
        "Grass is green because it contains chlorophyll, which reflects green light.",
    ),
    (("Why is the sea salty?", "Why is the ocean salty?"), "The sea is salty because rivers carry salt from the rocks into it."),
    (("Why do leaves fall in autumn?",), "Leaves fall in autumn because trees save water and energy for the winter."),
    (("What color is the sky?", "What colour is the sky?", "Which color does the sky have?"), "The sky is blue."),
    (("What color is grass?", "What colour is the grass?"), "Grass is green."),
    (("What color is a banana?", "What colour are bananas?"), "A banana is yellow."),
    (("What color is snow?", "What colour is snow?"), "Snow is white."),
    (("How many days are in a week?", "How many days does a week have?"), "A week has 7 days."),
    (("How many months are in a year?", "How many months does a year have?"), "A year has 12 months."),
    (("How many hours are in a day?", "How many hours does a day have?"), "A day has 24 hours."),
    (("How many minutes are in an hour?",), "An hour has 60 minutes."),
    (("How many legs does a dog have?", "How many legs has a cat?"), "It has 4 legs."),
    (("How many legs does a spider have?",), "A spider has 8 legs."),
    (("What is the largest planet?", "Which planet is the biggest?"), "The largest planet is Jupiter."),
    (("What is the largest ocean?",), "The largest ocean is the Pacific."),
    (("How many planets are there?", "How many planets are in the solar system?"), "There are 8 planets in the solar system."),
    (("What is water made of?", "What is the chemical formula of water?"), "Water is made of hydrogen and oxygen: H2O."),
    (("What is Python?", "Explain Python."), "Python is a programming language."),
    (("What is JSON?",), "JSON is a text format for data, with objects and lists."),
    (
        ("Explain quantum computing", "What is quantum computing?", "Explain quantum computing in simple terms."),
        "A quantum computer uses the rules of very small particles to try many possibilities at once.",
    ),
    (("What is a language model?", "What is an LLM?"), "A language model is a program that predicts the next word of a text."),
    (
        ("What is AI?", "What is artificial intelligence?", "Explain AI."),
        "Artificial intelligence is software that does things which need thinking.",
    ),
    (("What is the meaning of life?", "What's the meaning of life?"), "Some say that it is 42. I think that it is to be kind and curious."),
    (
        (
            "Tell me a joke",
            "Tell me a joke.",
            "tell me a joke",
            "Do you know a joke?",
            "Make me laugh.",
            "Say something funny.",
            "Tell me something funny",
        ),
        "Why did the robot go to bed? Because it was tired of thinking!",
    ),
    (
        ("Tell me a fun fact.", "Tell me something interesting.", "Tell me a fact."),
        "Honey never goes bad: people have found very old honey that was still good.",
    ),
    (("Say something", "Say something.", "Say anything.", "Write something."), "Hello! It is a beautiful day."),
    (
        ("Write a haiku.", "Write a haiku", "Write me a haiku about nature."),
        "A leaf on the pond,\nthe wind writes a quiet song,\nthe moon reads along.",
    ),
    (("Name a color.", "Name a colour", "Give me a color."), "Blue."),
    (("Name a fruit.", "Give me a fruit.", "Tell me a fruit."), "Apple."),
    (("Name an animal.", "Give me an animal."), "Cat."),
    (("Pick a number.", "Pick a number between 1 and 10.", "Give me a number.", "Choose a number from 1 to 10."), "7"),
    (("List the days of the week.", "What are the days of the week?", "Name the days of the week."), ", ".join(lists.DAYS)),
    (("List the months of the year.", "What are the months of the year?", "Name all months."), ", ".join(lists.MONTHS)),
    (
        ("Say the alphabet.", "What is the alphabet?", "List the letters of the alphabet."),
        "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
    ),
    (("Is the sky blue?", "Is the sun hot?", "Is ice cold?", "Is water wet?", "Is fire hot?", "Is grass green?", "Is snow white?"), "Yes."),
    (("Is the sun cold?", "Is ice hot?", "Is the sky green?", "Is snow black?", "Can pigs fly?", "Is fire cold?", "Is grass red?"), "No."),
)

CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Spain": "Madrid", "Italy": "Rome", "Portugal": "Lisbon", "Ireland": "Dublin",
    "Norway": "Oslo", "Sweden": "Stockholm", "Denmark": "Copenhagen", "Finland": "Helsinki", "Poland": "Warsaw",
    "Austria": "Vienna", "Hungary": "Budapest", "Greece": "Athens", "Turkey": "Ankara", "Egypt": "Cairo",
    "Kenya": "Nairobi", "Japan": "Tokyo", "China": "Beijing", "Korea": "Seoul", "South Korea": "Seoul", "India": "New Delhi",
    "Thailand": "Bangkok", "Vietnam": "Hanoi", "Indonesia": "Jakarta", "Australia": "Canberra", "Canada": "Ottawa",
    "Mexico": "Mexico City", "Brazil": "Brasilia", "Argentina": "Buenos Aires", "Chile": "Santiago", "Peru": "Lima",
    "Colombia": "Bogota", "Cuba": "Havana", "Belgium": "Brussels", "Russia": "Moscow", "England": "London",
    "the United Kingdom": "London", "the UK": "London", "the United States": "Washington", "the USA": "Washington",
    "Switzerland": "Bern", "the Netherlands": "Amsterdam", "Scotland": "Edinburgh",
}  # fmt: skip

OPPOSITES = "hot cold,big small,up down,left right,day night,black white,fast slow,old new,happy sad,open closed,good bad,high low,full empty,hard soft,light dark,rich poor,early late,wet dry,long short,in out,yes no,true false,love hate,start end,strong weak"


def exchange(fillers: Fillers) -> tuple[str, str]:
    """A question that has one answer, and the answer."""
    roll = fillers.random.random()
    if roll < 0.35:
        prompts, answer = fillers.pick(GREETINGS)
        return fillers.pick(prompts), answer
    if roll < 0.7:
        prompts, answer = fillers.pick(FACTS)
        return fillers.roughly(fillers.pick(prompts)), answer
    if roll < 0.9:
        return capital(fillers)
    return opposite(fillers)


def capital(fillers: Fillers) -> tuple[str, str]:
    country = fillers.pick(list(CAPITALS))
    prompt = fillers.pick(
        (
            f"What is the capital of {country}?",
            f"What's the capital of {country}?",
            f"What is {country}'s capital?",
            f"Name the capital of {country}.",
            f"Which city is the capital of {country}?",
            f"capital of {country}?",
            f"Tell me the capital of {country}.",
            f"What is the capital city of {country}?",
        )
    )
    return fillers.roughly(prompt), f"The capital of {country} is {CAPITALS[country]}."


def opposite(fillers: Fillers) -> tuple[str, str]:
    first, second = fillers.pick(OPPOSITES.split(",")).split()
    if fillers.chance(0.5):
        first, second = second, first
    prompt = fillers.pick((f"What is the opposite of {first}?", f"Opposite of {first}?", f"What's the opposite of {first}?"))
    return fillers.roughly(prompt), f"The opposite of {first} is {second}."
