"""A Modelfile: how a model is made from another one, or from files.

The grammar is Ollama's (docs/modelfile.mdx, parser/parser.go): an instruction a line, in any case, its
argument to the end of the line, or in one or three double quotes, where it may go over several lines. There
are no escapes.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from puna.core.errors import InvalidRequest
from puna.core.remote import Address, Remote
from puna.library.model import Example, Model
from puna.library.parameters import OBSOLETE, Parameters
from puna.library.remote import check_key, lines, read_source, with_keys

ROLES = ("system", "user", "assistant")
_FORMATS = ("RENDERER", "PARSER", "REQUIRES")  # one word each
INSTRUCTIONS = (
    "FROM",
    "PARAMETER",
    "TEMPLATE",
    "SYSTEM",
    "ADAPTER",
    "DRAFT",
    "LICENSE",
    "MESSAGE",
    "KEY",
    "OVERFLOW",
    *_FORMATS,
)
_BLANKS = " \t\r"


class ModelfileError(InvalidRequest):
    """A Modelfile that can't be read. `line` counts from 1, 0 is the file as a whole."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Modelfile line {line}: {problem}" if line else f"Modelfile: {problem}")
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Modelfile:
    """What a Modelfile says. `sources`, `adapters` and `draft` are as written: model names or paths. `remote` is
    where the model runs elsewhere.

    `formats` are what RENDERER, PARSER and REQUIRES say, by those names in small letters.
    """

    sources: tuple[str, ...]
    source_lines: tuple[int, ...] = field(default=(), compare=False)
    adapters: tuple[str, ...] = ()
    draft: str | None = None
    parameters: Parameters = field(default_factory=Parameters)
    template: str | None = None
    system: str | None = None
    messages: tuple[Example, ...] = ()
    licenses: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    remote: Remote | None = None

    @classmethod
    def parse(cls, source: str | bytes) -> Self:
        """Read a Modelfile. Raises ModelfileError, with the line."""
        found: dict[str, list[str]] = {}
        parameters: list[tuple[str, str]] = []
        messages: list[Example] = []
        sources: list[int] = []
        addresses: list[tuple[int, Address]] = []
        keys: list[tuple[int, str]] = []
        for line, instruction, word, argument in _instructions(_decoded(source)):
            if instruction == "PARAMETER":
                parameters.append((word, argument))
                _checked(line, parameters[-1])
            elif instruction == "MESSAGE":
                messages.append(Example(word, argument))
            elif instruction == "FROM" and (address := _remote(line, argument)):
                addresses.append((line, address))
            elif instruction == "KEY":
                keys.append((line, _key(line, argument)))
            else:
                if instruction in _FORMATS:
                    _known(line, instruction, argument)
                if instruction == "TEMPLATE":
                    _renderable(line, argument)
                sources += [line] if instruction == "FROM" else []
                found.setdefault(instruction, []).append(argument)
        if "FROM" not in found and not addresses:
            raise ModelfileError(0, "there is no FROM line")
        return cls(
            sources=tuple(found.get("FROM", ())),
            source_lines=tuple(sources),
            adapters=tuple(found.get("ADAPTER", ())),
            draft=found.get("DRAFT", [None])[-1],
            parameters=Parameters.from_text(parameters),
            template=found.get("TEMPLATE", [None])[-1],
            system=found.get("SYSTEM", [None])[-1],
            messages=tuple(messages),
            licenses=tuple(found.get("LICENSE", ())),
            formats={name.lower(): found[name][-1] for name in _FORMATS if name in found},
            remote=_elsewhere(with_keys(addresses, keys), keys, found.get("OVERFLOW", [])),
        )

    @classmethod
    def of(cls, model: Model) -> Self:
        """The Modelfile that makes this model again."""
        return cls(
            sources=sources_of(model),
            adapters=tuple(str(path) for path in model.adapters),
            draft=str(model.draft) if model.draft else None,
            parameters=model.parameters,
            template=model.template_source,
            system=model.system,
            messages=model.messages,
            licenses=model.licenses,
            formats={name: value for name, value in model.config.format_names.items() if value},
            remote=model.remote,
        )

    def __str__(self) -> str:
        """The text, which reads back as the same. Raises InvalidRequest for what no quotes can hold."""
        written = [f"FROM {_quoted(source)}" for source in self.sources]
        written += lines(self.remote) if self.remote else []
        written += [f"ADAPTER {_quoted(adapter)}" for adapter in self.adapters]
        written += [f"DRAFT {_quoted(self.draft)}"] if self.draft else []
        written += [f"{name.upper()} {_quoted(value)}" for name, value in self.formats.items()]
        if self.template is not None:
            written.append(f"TEMPLATE {_quoted(self.template)}")
        if self.system is not None:
            written.append(f"SYSTEM {_quoted(self.system)}")
        for name, value in self.parameters.items():
            texts = value if isinstance(value, tuple) else [str(value).lower()]
            written += [f"PARAMETER {name} {_quoted(text)}" for text in texts]
        written += [f"MESSAGE {message.role} {_quoted(message.content)}" for message in self.messages]
        written += [f"LICENSE {_quoted(text)}" for text in self.licenses]
        return "\n".join(written) + "\n"


def sources_of(model: Model) -> tuple[str, ...]:
    """The files that a GGUF is made of; any other model has no file of its own to name."""
    if model.kind != "gguf":
        return () if model.remote else (str(model.name),)
    return tuple(str(each.blob) for each in model.readable)


def _decoded(source: str | bytes) -> str:
    if isinstance(source, bytes):
        utf16 = source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        try:
            source = source.decode("utf-16" if utf16 else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise ModelfileError(0, "it is not UTF-8 text") from error
    return source.removeprefix("\ufeff")


def _instructions(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, instruction, its first word where it has one (PARAMETER and MESSAGE), and argument."""
    lines = enumerate(text.split("\n"), start=1)
    for number, line in lines:
        written, rest = _word(line)
        if not written or written.startswith("#"):
            continue
        instruction, word = written.upper(), ""
        if instruction not in INSTRUCTIONS:
            raise ModelfileError(number, f"unknown instruction '{written}'; known ones are {', '.join(INSTRUCTIONS)}")
        if instruction in ("PARAMETER", "MESSAGE"):
            word, rest = _word(rest)
        if instruction == "MESSAGE" and word not in ROLES:
            raise ModelfileError(number, f"the role has to be one of {', '.join(ROLES)}, not '{word}'")
        while not _complete(rest.rstrip(_BLANKS)):
            following = next(lines, None)
            if following is None:
                raise ModelfileError(number, f"the quotes that begin after {instruction} do not end")
            rest += "\n" + following[1]
        argument = rest.rstrip(_BLANKS)
        if not argument:
            raise ModelfileError(number, f"{instruction} needs an argument")
        yield number, instruction, word, _unquoted(argument)


def _word(text: str) -> tuple[str, str]:
    """The first word, and what follows the blanks after it."""
    word, *rest = re.split(r"[ \t]+", text.strip("\r").lstrip(_BLANKS), maxsplit=1)
    return word, rest[0] if rest else ""


def _checked(line: int, parameter: tuple[str, str]) -> None:
    try:
        if parameter[0] in OBSOLETE:
            raise InvalidRequest(f"parameter '{parameter[0]}' has no effect any more; remove this line")
        Parameters.from_text([parameter]).check()
    except InvalidRequest as error:
        raise ModelfileError(line, error.message) from error


def _remote(line: int, argument: str) -> Address | None:
    try:
        return read_source(argument)
    except InvalidRequest as error:
        raise ModelfileError(line, error.message) from error


def _key(line: int, argument: str) -> str:
    try:
        return check_key(argument)
    except InvalidRequest as error:
        raise ModelfileError(line, error.message) from error


def _elsewhere(addresses: tuple[Address, ...], keys: list[tuple[int, str]], overflow: list[str]) -> Remote | None:
    """The remote part of a model. Raises ModelfileError for a KEY or an OVERFLOW of a model that has none."""
    if not addresses:
        if keys or overflow:
            raise ModelfileError(keys[0][0] if keys else 0, "KEY and OVERFLOW go with FROM https://host/v1 NAME")
        return None
    if overflow and not overflow[-1].isdecimal():
        raise ModelfileError(0, f"OVERFLOW is how many requests may wait here, not '{overflow[-1]}'")
    return Remote(addresses=addresses, overflow=int(overflow[-1]) if overflow else 0)


def _renderable(line: int, template: str) -> None:
    """Raises ModelfileError for a template that nothing can render."""
    from puna.library.template import check_template  # most Modelfiles have none

    try:
        check_template(template)
    except InvalidRequest as error:
        raise ModelfileError(line, error.message) from error


def _known(line: int, instruction: str, name: str) -> None:
    """Raises ModelfileError for a renderer or a parser that nobody knows, and for a version that is none."""
    from puna.library.requirement import is_version
    from puna.library.template.renderers import NAMES, PARSERS

    if instruction == "REQUIRES" and not is_version(name):
        raise ModelfileError(line, f"REQUIRES needs a version of Ollama, such as 0.14.0, not '{name}'")
    known = {"RENDERER": NAMES, "PARSER": PARSERS}.get(instruction, (name,))
    if name not in known:
        raise ModelfileError(line, f"there is no {instruction.lower()} '{name}'; known ones are {', '.join(known)}")


def _complete(text: str) -> bool:
    """Whether what begins with quotes ends with them."""
    if text.startswith('"""'):
        return len(text) >= 6 and text.endswith('"""')
    return not text.startswith('"') or (len(text) >= 2 and text.endswith('"'))


def _unquoted(text: str) -> str:
    for quotes in ('"""', '"'):
        if text.startswith(quotes):
            return text[len(quotes) : -len(quotes)]
    return text


def _quoted(text: str) -> str:
    for quotes in ("", '"', '"""'):
        written = f"{quotes}{text}{quotes}"
        if _reads_back(written, text):
            return written
    raise InvalidRequest(f"no Modelfile can hold this text, because a line of it ends with quotes: {text[:80]!r}")


def _reads_back(written: str, text: str) -> bool:
    try:
        ((_, _, _, argument),) = _instructions(f"SYSTEM {written}")
    except (ModelfileError, ValueError):
        return False
    return argument == text
