"""Tools as a request lists them: families with their words chosen, and tools that nobody has heard of."""

from dataclasses import dataclass

from training.conversation import Call, Json
from training.fillers import Fillers
from training.skills import enquiries, invention
from training.skills.families import FAMILIES, Family, Parameter, Value


@dataclass(frozen=True)
class Tool:
    """A family with its words chosen: what stands in the `tools` of a request."""

    family: Family
    name: str
    keys: tuple[str, ...]
    definition: Json


def choose(fillers: Fillers, family: Family) -> Tool:
    """The family as one API client would write it down."""
    opaque = fillers.chance(0.18)
    name = _opaque(fillers) if opaque else fillers.pick(family.names)
    keys: list[str] = []
    for parameter in family.parameters:
        keys.append(
            next(
                key for key in [*fillers.random.sample(parameter.names, len(parameter.names)), f"{parameter.names[0]}_2"] if key not in keys
            )
        )
    described = fillers.chance(0.6)
    properties = {}
    for key, parameter in zip(keys, family.parameters, strict=True):
        properties[key] = _schema(fillers, key, parameter, described)
    schema: Json = {"type": "object", "properties": properties}
    if keys and fillers.chance(0.85):
        schema["required"] = keys
    if fillers.chance(0.2):
        schema["additionalProperties"] = False
    if fillers.chance(0.07):
        schema = {key: schema[key] for key in sorted(schema, reverse=True)}
    if not keys and fillers.chance(0.3):
        schema = {}
    description = fillers.pick(family.descriptions) if opaque or fillers.chance(0.9) else ""
    function = {"name": name, "description": description, "parameters": schema}
    return Tool(family, name, tuple(keys), {"type": "function", "function": function})


def _opaque(fillers: Fillers) -> str:
    """A name that says nothing: only the description tells what the tool is for."""
    word = fillers.made_up()[:7]
    return fillers.pick(
        (word, f"{word}_{fillers.integer(1, 99)}", f"tool_{fillers.integer(1, 99)}", f"{word}_{fillers.made_up()[:5]}", f"fn_{word}")
    )


def _schema(fillers: Fillers, key: str, parameter: Parameter, described: bool) -> Json:
    schema = dict(parameter.schema)
    if described:
        about = parameter.description + fillers.pick(("", ".", "", f", e.g. {parameter.value(fillers)}"))
        schema = {**schema, "description": about} if fillers.chance(0.8) else {"description": about, **schema}
    if fillers.chance(0.05):
        schema = {"title": key.replace("_", " ").title(), **schema}
    return schema


def spoken_value(fillers: Fillers, value: Value) -> str:
    """A value as it is said in a request."""
    if isinstance(value, bool):
        return fillers.pick(
            ("Enable", "Turn on", "Switch on", "Activate") if value else ("Disable", "Turn off", "Switch off", "Deactivate")
        )
    if isinstance(value, list):
        words = [str(item) for item in value]
        return f"{', '.join(words[:-1])} and {words[-1]}" if fillers.chance(0.6) else ", ".join(words)
    return str(value)


def request(fillers: Fillers, tool: Tool) -> tuple[str, Call]:
    """Something to ask for, and the call that it needs."""
    values = [parameter.value(fillers) for parameter in tool.family.parameters]
    frame = fillers.pick(tool.family.requests)
    said = frame.format(*(spoken_value(fillers, value) for value in values), name=tool.name)
    return fillers.roughly(said[0].upper() + said[1:]), Call(tool.name, dict(zip(tool.keys, values, strict=True)))


def toolset(fillers: Fillers, count: int) -> list[Tool]:
    """Different tools with different names; now and then all of one form, so that only what they are called tells them apart."""
    tools: list[Tool] = []
    alike = invention.maker(fillers) if fillers.chance(0.25) else None
    while len(tools) < count:
        family = alike(fillers) if alike else _family(fillers)
        tool = choose(fillers, family)
        if all(
            (tool.name != other.name and tool.family.results is not other.family.results)
            or (tool.family is not other.family and _apart(tool, other))
            for other in tools
        ):
            tools.append(tool)
    return tools


def _family(fillers: Fillers) -> Family:
    maker = fillers.random.choices((invention.family, enquiries.family, _familiar), (60, 12, 28))[0]
    return maker(fillers)


def _familiar(fillers: Fillers) -> Family:
    return fillers.pick(FAMILIES)


def _apart(tool: Tool, other: Tool) -> bool:
    """Whether no request fits both."""
    return tool.name != other.name and set(tool.family.names).isdisjoint(other.family.names)
