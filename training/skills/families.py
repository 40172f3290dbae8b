"""The kinds of tools that the model practises with, in many wordings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training import lists
from training.conversation import Json
from training.fillers import Fillers

Value = str | int | float | bool | list[str] | list[int]


@dataclass(frozen=True)
class Parameter:
    """A parameter with its possible names, its JSON schema and how its value is found and said."""

    names: tuple[str, ...]
    schema: Json
    value: Callable[[Fillers], Value]
    description: str


@dataclass(frozen=True)
class Family:
    """A kind of tool; `{0}` in a request stands for the first parameter, and so on."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    requests: tuple[str, ...]
    results: Callable[[Fillers], Json | str]


STRING: Json = {"type": "string"}
INTEGER: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
BOOLEAN: Json = {"type": "boolean"}


def one_of(*choices: str) -> tuple[Json, Callable[[Fillers], Value]]:
    return {"type": "string", "enum": list(choices)}, lambda fillers: fillers.pick(choices)


def text(*names: str, value: Callable[[Fillers], Value], about: str) -> Parameter:
    return Parameter(names, STRING, value, about)


def whole(*names: str, low: int = 0, high: int = 100, about: str) -> Parameter:
    return Parameter(names, INTEGER, lambda fillers: fillers.integer(low, high), about)


def choice(*names: str, of: Sequence[str], about: str) -> Parameter:
    return Parameter(names, *one_of(*of), about)


# fmt: off
PLACE = text("city", "location", "place", "town", "city_name", "where", "address", value=Fillers.city, about="The name of the city")
PERSON = text("name", "person", "contact", "recipient", "to", "who", "person_name", value=Fillers.name, about="The name of the person")
MESSAGE = text("message", "text", "body", "content", "note", value=Fillers.phrase, about="The text")
QUERY = text("query", "q", "question", "search_query", "keywords", "term", value=lambda fillers: fillers.phrase(1, 4), about="What to search for")
DATE = text("date", "day", "when", value=Fillers.date, about="The date")
TIME = text("time", "at", "start_time", "hour", value=Fillers.time, about="The time")
FIRST = whole("a", "x", "first", "num1", "left", "number1", low=0, high=999, about="The first number")
SECOND = whole("b", "y", "second", "num2", "right", "number2", low=0, high=999, about="The second number")
AMOUNT = Parameter(("amount", "value", "sum", "quantity"), NUMBER, lambda fillers: fillers.pick((fillers.integer(1, 5000), round(fillers.random.uniform(0.5, 500), 2))), "The amount")


def weather(fillers: Fillers) -> Json | str:
    degrees, sky = fillers.integer(-15, 40), fillers.pick(("sunny", "cloudy", "rainy", "windy", "clear", "snowy", "foggy", "stormy", fillers.made_up()))
    return fillers.pick(
        (
            {fillers.pick(("temperature", "temp", "temperature_c", "degrees")): degrees, fillers.pick(("condition", "conditions", "weather", "sky", "description")): sky},
            {"temperature": degrees},
            {"temperature": degrees, "unit": fillers.pick(("celsius", "fahrenheit", "C"))},
            f"{sky}, {degrees} degrees",
            f"{degrees}°C and {sky}",
            f"It is {sky} and {degrees} degrees",
            f"{degrees}",
        )
    )


def done(fillers: Fillers) -> Json | str:
    return fillers.pick(({"status": fillers.pick(("ok", "done", "sent", "created", "success"))}, {"id": fillers.code()}, {"success": True}, "ok", "done", "Success", {"status": "ok", "id": fillers.integer(1, 9999)}))


def single(fillers: Fillers) -> Json | str:
    value: Value = fillers.pick((fillers.integer(0, 9999), fillers.integer(0, 99), fillers.code(), fillers.word(), fillers.proper(), fillers.number()))
    return fillers.pick(({"result": value}, {fillers.pick(("value", "answer", "output", "total", "price", "count", "found")): value}, str(value)))


def spoken(fillers: Fillers) -> Json | str:
    return fillers.pick((fillers.phrase(), fillers.sentence(), {"text": fillers.phrase()}, {fillers.pick(("title", "summary", "translation", "content", "name")): fillers.phrase()}))


def clock(fillers: Fillers) -> Json | str:
    return fillers.pick(({"time": fillers.time()}, fillers.time(), {"time": fillers.time(), "date": fillers.date()}))


FAMILIES: tuple[Family, ...] = (
    Family(
        ("get_weather", "get_current_weather", "weather", "fetch_weather", "weather_lookup", "current_weather", "getWeather"),
        ("Get the current weather in a city", "Get the weather for a place.", "Returns the weather of a location", "Look up the weather"),
        (PLACE,),
        ("What's the weather in {0}?", "What is the weather like in {0}?", "How is the weather in {0}?", "Weather in {0}", "What's the weather like in {0} today?", "Tell me the weather in {0}.", "Is it raining in {0}?", "How warm is it in {0}?", "Get the weather for {0}.", "What is the temperature in {0}?", "I am in {0}. What's the weather?", "Do I need an umbrella in {0}?", "Check the weather in {0}, please."),
        weather,
    ),
    Family(
        ("get_weather", "get_current_weather", "weather_in_unit", "weather"),
        ("Get the current weather in a given location", "Get the weather in the wanted unit"),
        (PLACE, choice("unit", "units", "scale", of=("celsius", "fahrenheit"), about="The unit of the temperature")),
        ("What's the weather in {0} in {1}?", "What is the weather like in {0}, in {1}?", "Give me the temperature in {0} in {1}.", "How warm is it in {0}? Use {1}.", "Weather in {0} in degrees {1}, please."),
        weather,
    ),
    Family(
        ("get_forecast", "weather_forecast", "forecast"),
        ("Get the weather forecast for some days", "Forecast for a city"),
        (PLACE, whole("days", "num_days", "n_days", "count", low=2, high=14, about="The number of days")),
        ("What is the forecast for {0} for the next {1} days?", "Give me a {1} day forecast for {0}.", "How will the weather be in {0} over the next {1} days?", "{1} days of forecast for {0}, please."),
        weather,
    ),
    Family(
        ("get_time", "current_time", "get_current_time", "time_in_city", "clock"),
        ("Get the current time in a city", "Returns the local time of a place", "What time it is somewhere"),
        (PLACE,),
        ("What time is it in {0}?", "What is the time in {0}?", "Tell me the time in {0}.", "What's the current time in {0}?", "Current time in {0}?", "Which time is it now in {0}?"),
        clock,
    ),
    Family(
        ("add", "add_numbers", "sum", "plus", "calculate_sum"),
        ("Add two numbers", "Adds a and b", "Returns the sum of two numbers."),
        (FIRST, SECOND),
        ("What is {0} plus {1}?", "Add {0} and {1}.", "What's {0} + {1}?", "Calculate {0} + {1}", "Sum {0} and {1}", "How much is {0} plus {1}?", "Use the tool to add {0} and {1}.", "Compute the sum of {0} and {1}."),
        single,
    ),
    Family(
        ("multiply", "multiply_numbers", "product", "times"),
        ("Multiply two numbers", "Returns the product of two numbers"),
        (FIRST, SECOND),
        ("What is {0} times {1}?", "Multiply {0} by {1}.", "What's {0} * {1}?", "Multiply {0} and {1}", "Compute the product of {0} and {1}.", "How much is {0} times {1}?"),
        single,
    ),
    Family(
        ("calculator", "calculate", "eval_expression", "compute"),
        ("Calculate an expression", "Evaluates a mathematical expression"),
        (text("expression", "expr", "input", "formula", value=lambda fillers: f"{fillers.integer(1, 999)} {fillers.pick('+-*/')} {fillers.integer(1, 999)}", about="The expression"),),
        ("What is {0}?", "Calculate {0}", "Compute {0}.", "How much is {0}?", "Evaluate {0}", "Please calculate {0}."),
        single,
    ),
    Family(
        ("search", "web_search", "search_web", "google", "lookup", "search_documents", "find_info"),
        ("Search the web", "Search for information", "Looks something up on the internet", "Find documents"),
        (QUERY,),
        ("Search for {0}.", "Search the web for {0}", "Look up {0}.", "Find information about {0}.", 'Search for "{0}"', "Please google {0}", "Can you look up {0}?", "Find {0} on the internet."),
        spoken,
    ),
    Family(
        ("search", "search_products", "find_products", "search_items"),
        ("Search with a limit on the number of results", "Find products"),
        (QUERY, whole("limit", "max_results", "count", "n", low=1, high=50, about="How many results at most")),
        ("Search for {0} and show {1} results.", "Find {1} results for {0}.", "Look up {0}, at most {1} results.", 'Search "{0}" with a limit of {1}.'),
        spoken,
    ),
    Family(
        ("send_email", "email", "send_mail", "compose_email"),
        ("Send an email", "Sends an e-mail to somebody"),
        (text("to", "recipient", "address", "email", value=Fillers.email, about="The address of the recipient"), text("subject", "title", value=lambda fillers: fillers.phrase(1, 3), about="The subject"), MESSAGE),
        ("Send an email to {0} with the subject {1} and the text {2}.", 'Email {0}. Subject: "{1}". Text: "{2}"', "Write an email to {0} with subject '{1}' saying '{2}'", "Send {0} an email about {1} that says {2}."),
        done,
    ),
    Family(
        ("send_message", "send_text", "message", "send_sms", "text_person"),
        ("Send a message to a person", "Send a text message"),
        (PERSON, MESSAGE),
        ("Send a message to {0}: {1}", "Text {0}: {1}", 'Send {0} the message "{1}".', "Tell {0} that {1}", "Message {0} saying {1}.", 'Send "{1}" to {0}.', "Write to {0}: {1}"),
        done,
    ),
    Family(
        ("set_reminder", "create_reminder", "add_reminder", "remind_me"),
        ("Set a reminder", "Create a reminder at a time"),
        (text("text", "message", "task", "title", "what", value=Fillers.phrase, about="What to remember"), TIME),
        ("Remind me to {0} at {1}.", "Set a reminder to {0} at {1}.", 'Set a reminder for {1}: "{0}"', "At {1} remind me to {0}.", "Create a reminder: {0}, at {1}."),
        done,
    ),
    Family(
        ("create_event", "add_event", "schedule_meeting", "calendar_add", "add_to_calendar"),
        ("Create a calendar event", "Add an event to the calendar"),
        (text("title", "name", "event", "summary", value=lambda fillers: fillers.phrase(1, 4), about="The title of the event"), DATE, TIME),
        ("Create an event called {0} on {1} at {2}.", 'Add "{0}" to my calendar on {1} at {2}.', "Schedule {0} for {1} at {2}.", "Put {0} in my calendar for {1} at {2}"),
        done,
    ),
    Family(
        ("get_stock_price", "stock_price", "get_quote", "stock"),
        ("Get the price of a stock", "Returns the current stock price of a symbol"),
        (text("symbol", "ticker", "stock", "company", value=lambda fillers: fillers.pick((fillers.scrambled(3, 4).upper(), fillers.proper())), about="The symbol of the stock"),),
        ("What is the stock price of {0}?", "How much is {0} stock?", "What's the price of {0} shares?", "Get the stock price for {0}.", "Quote for {0}"),
        single,
    ),
    Family(
        ("translate", "translate_text", "translation"),
        ("Translate a text to another language", "Translates text"),
        (text("text", "sentence", "input", value=Fillers.phrase, about="The text to translate"), text("language", "target_language", "to", "target", value=lambda fillers: fillers.pick(("French", "German", "Spanish", "Italian", "Dutch", "Polish", "Greek", "Japanese", fillers.proper())), about="The language to translate to")),
        ('Translate "{0}" to {1}.', "Translate {0} into {1}.", 'How do you say "{0}" in {1}?', "Translate the text '{0}' into {1}", "Please translate to {1}: {0}"),
        spoken,
    ),
    Family(
        ("convert_currency", "currency_convert", "exchange", "convert_money"),
        ("Convert an amount from one currency to another", "Currency conversion"),
        (AMOUNT, choice("from_currency", "from", "source", "base", of=lists.CODES, about="The currency to convert from"), choice("to_currency", "to", "target", of=lists.CODES, about="The currency to convert to")),
        ("Convert {0} {1} to {2}.", "How much is {0} {1} in {2}?", "What are {0} {1} in {2}?", "Change {0} {1} into {2}, please."),
        single,
    ),
    Family(
        ("read_file", "open_file", "get_file", "cat_file", "load_file"),
        ("Read a file", "Returns the content of a file", "Open a file"),
        (text("path", "file", "filename", "file_path", value=Fillers.file, about="The path of the file"),),
        ("Read the file {0}.", "Open {0}", "Show me the content of {0}.", "What is in {0}?", "What does {0} say?", "Print the file {0}"),
        spoken,
    ),
    Family(
        ("write_file", "save_file", "create_file"),
        ("Write text to a file", "Saves a file"),
        (text("path", "file", "filename", value=Fillers.file, about="The path of the file"), text("content", "text", "data", value=Fillers.phrase, about="What to write")),
        ('Write "{1}" to {0}.', "Create a file {0} with the content {1}", 'Save the text "{1}" in {0}.', "Write to {0}: {1}"),
        done,
    ),
    Family(
        ("play_music", "play_song", "play", "music_player"),
        ("Play a song", "Plays music"),
        (text("song", "title", "track", "name", value=lambda fillers: fillers.phrase(1, 3), about="The song"),),
        ("Play {0}.", "Play the song {0}", 'Please play "{0}".', "I want to hear {0}.", "Put on {0}"),
        done,
    ),
    Family(
        ("set_light", "control_light", "switch_light", "turn_light"),
        ("Turn the light of a room on or off", "Switch a light"),
        (text("room", "location", "lamp", value=lambda fillers: fillers.pick(("kitchen", "bedroom", "bathroom", "living room", "hall", "office", "garage", fillers.made_up())), about="The room"), choice("state", "status", "action", of=("on", "off"), about="On or off")),
        ("Turn {1} the light in the {0}.", "Turn the {0} light {1}.", "Switch {1} the {0} light", "Light {1} in the {0}, please."),
        done,
    ),
    Family(
        ("set_alarm", "alarm", "wake_me"),
        ("Set an alarm", "Sets the alarm clock"),
        (TIME,),
        ("Set an alarm for {0}.", "Wake me at {0}.", "Wake me up at {0}", "Alarm at {0}, please."),
        done,
    ),
    Family(
        ("set_timer", "start_timer", "timer"),
        ("Start a timer", "Sets a timer of some minutes"),
        (whole("minutes", "duration", "duration_minutes", low=1, high=120, about="How many minutes"),),
        ("Set a timer for {0} minutes.", "Start a {0} minute timer.", "Timer: {0} minutes", "Count down {0} minutes."),
        done,
    ),
    Family(
        ("get_user", "get_customer", "find_user", "lookup_user", "get_order", "get_record"),
        ("Get a record by its id", "Look up a user by id", "Find an order"),
        (whole("id", "user_id", "customer_id", "order_id", low=1, high=99999, about="The id"),),
        ("Get the record with id {0}.", "Look up id {0}.", "Find the user with the id {0}.", "Show me user {0}.", "Show order {0}", "What do you know about customer {0}?"),
        lambda fillers: {"name": fillers.name(), fillers.pick(("city", "age", "email", "status")): fillers.pick((fillers.city(), fillers.integer(18, 80)))},
    ),
    Family(
        ("find_contact", "get_phone_number", "lookup_contact", "phone_book", "get_email"),
        ("Find the phone number or address of a person", "Look up a contact"),
        (PERSON,),
        ("What is the phone number of {0}?", "Find the contact {0}.", "How can I reach {0}?", "What's {0}'s phone number?", "Look up {0} in my contacts.", "What is {0}'s email?"),
        lambda fillers: fillers.pick(({"phone": fillers.code()}, {"email": fillers.email()}, fillers.email())),
    ),
    Family(
        ("book_flight", "search_flights", "find_flights", "flight_search"),
        ("Search for flights between two cities", "Book a flight"),
        (text("origin", "from", "from_city", "departure", value=Fillers.city, about="The city to leave from"), text("destination", "to", "to_city", "arrival", value=Fillers.city, about="The city to arrive at"), DATE),
        ("Book a flight from {0} to {1} on {2}.", "Find flights from {0} to {1} on {2}", "I want to fly from {0} to {1} on {2}.", "Is there a flight to {1} from {0} on {2}?"),
        lambda fillers: fillers.pick(({"flight": fillers.code(), "price": fillers.integer(50, 999)}, {"flight": fillers.code()}, f"Flight {fillers.code()} at {fillers.time()}")),
    ),
    Family(
        ("order_food", "order_pizza", "order", "order_item", "add_to_cart"),
        ("Order something to eat", "Order an item", "Adds an item to the cart"),
        (text("item", "product", "dish", "food", value=Fillers.food, about="What to order"), whole("quantity", "count", "amount", "number", low=1, high=20, about="How many")),
        ("Order {1} {0}.", "I would like {1} {0}.", "Please order {1} {0} for me.", "Add {1} {0} to my order.", "Get me {1} {0}"),
        done,
    ),
    Family(
        ("create_list", "make_list", "add_items", "shopping_list", "add_todos"),
        ("Create a list of items", "Add items to the shopping list"),
        (Parameter(("items", "names", "entries", "tags"), {"type": "array", "items": {"type": "string"}}, lambda fillers: [fillers.food() for _ in range(fillers.integer(2, 4))], "The items"),),
        ("Create a list with {0}.", "Put {0} on the list.", "Add {0} to my shopping list", "Make a list of {0}."),
        done,
    ),
    Family(
        ("average", "sum_numbers", "statistics", "sort_numbers", "mean"),
        ("Work on a list of numbers", "Takes numbers"),
        (Parameter(("numbers", "values", "data", "list"), {"type": "array", "items": {"type": "integer"}}, lambda fillers: [fillers.integer(0, 99) for _ in range(fillers.integer(2, 5))], "The numbers"),),
        ("What is the average of {0}?", "Sort the numbers {0}.", "Sum up {0}", "Use the tool on the numbers {0}."),
        single,
    ),
    Family(
        ("set_temperature", "thermostat", "heating", "set_thermostat"),
        ("Set the temperature of a room", "Controls the heating"),
        (whole("temperature", "degrees", "value", low=5, high=35, about="Degrees"),),
        ("Set the temperature to {0} degrees.", "Set the heating to {0}.", "Make it {0} degrees", "I want it {0} degrees warm."),
        done,
    ),
    Family(
        ("set_volume", "volume", "change_volume"),
        ("Set the volume", "Change how loud it is"),
        (whole("level", "volume", "percent", low=0, high=100, about="The level in percent"),),
        ("Set the volume to {0}.", "Volume {0}", "Change the volume to {0} percent.", "Make the volume {0}"),
        done,
    ),
    Family(
        ("set_notifications", "toggle_dark_mode", "set_wifi", "enable_feature"),
        ("Enable or disable a setting", "Switches something on or off"),
        (Parameter(("enabled", "on", "active", "value"), BOOLEAN, lambda fillers: fillers.chance(0.5), "Whether it is on"),),
        ("{0} the setting.", "{0} it, please.", "Please {0} the feature.", "{0} notifications."),
        done,
    ),
    Family(
        ("get_news", "news", "latest_news", "headlines"),
        ("Get the latest news", "News about a topic"),
        (text("topic", "subject", "category", value=lambda fillers: fillers.pick(("sports", "politics", "science", "music", "weather", "technology", fillers.lower_word())), about="The topic"),),
        ("What is the news about {0}?", "Latest news on {0}", "Give me {0} news.", "Any news about {0}?"),
        spoken,
    ),
    Family(
        ("get_date", "today", "current_date", "get_current_time", "now", "get_random_number", "ping", "get_status", "list_files"),
        ("Needs no arguments", "Returns the current value", "No parameters"),
        (),
        ("Use the tool {name}.", "Call {name}.", "Please call {name}", "Run {name}.", "Use {name}, please."),
        single,
    ),
)
