"""Which modules of a package import which, read from their source."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path

Graph = dict[str, set[str]]
"""For each module the modules that it imports."""


def read_imports(source: Path, package: str) -> Graph:
    """The imports within a package, whose folder is in `source`.

    All of them count: those inside functions and those for type checkers are knowledge as well, and so is a module's
    name in a string, which is imported or run later.
    """
    files = {module_name(path.relative_to(source)): path for path in source.glob(f"{package}/**/*.py")}
    return {
        module: {name for name in named(ast.parse(path.read_text()), files) if name != module}
        for module, path in files.items()
    }


def module_name(path: Path) -> str:
    """The dotted name of the module in a file."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def named(tree: ast.AST, modules: Mapping[str, object]) -> Iterator[str]:
    """Those of the modules that a source names."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names if alias.name in modules)
            case ast.ImportFrom(module=str(origin), names=names, level=0):
                wholes = [f"{origin}.{alias.name}" for alias in names]
                found = {whole if whole in modules else origin for whole in wholes}
                yield from (name for name in found if name in modules)
            case ast.Constant(str(text)) if text.count(".") and text in modules:
                yield text


def circles(graph: Graph) -> Iterator[list[str]]:
    """One circle for each folder whose modules and folders have one among themselves.

    What two modules have to do with each other is an arrow between the two neighbours above them, in the folder that
    both are in. A folder and what is in it are not neighbours.
    """
    folders: dict[str, Graph] = {}
    for module, imported in graph.items():
        for other in imported:
            folder, one, two = neighbours(module, other)
            if one and two:
                folders.setdefault(folder, {}).setdefault(one, set()).add(two)
    for arrows in folders.values():
        try:
            TopologicalSorter(arrows).prepare()
        except CycleError as error:
            yield error.args[1]


def neighbours(one: str, two: str) -> tuple[str, str, str]:
    """The folder that two modules are in, and what is above each in it: nothing above the folder's own module."""
    first, second = one.split("."), two.split(".")
    depth = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    above_first, above_second = (".".join(name[: depth + 1]) if len(name) > depth else "" for name in (first, second))
    return ".".join(first[:depth]), above_first, above_second


def inside(module: str, place: str) -> bool:
    """Whether a module is a place, or in it."""
    return module == place or module.startswith(f"{place}.")
