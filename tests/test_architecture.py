"""The picture of docs/architecture.md, as rules about imports.

A new folder needs a row in `MAY_KNOW`. What a rule forbids is moved, or handed in by whoever is allowed to know both.
"""

import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

import puna
from tests.imports import Graph, circles, inside, read_imports

SOURCE = Path(puna.__file__).parent.parent

ENGINE = "core formats http structured engines.engine engines.launch engines.model engines.settings engines.process"
DIALECT = "api core http images inference library observation state"

MAY_KNOW = {
    # the core knows nobody
    "core": "",
    "models": "",
    "formats": "core",
    "http": "core",
    "structured": "core",
    "settings": "core",
    "machine": "core settings engines.settings builds",
    "builds": "core settings",
    "images": "core http settings",
    "state": "core settings",
    "library": "core formats models",
    # engines know neither dialects nor library, nor one another: what they need is handed in
    "engines.engine": "core",
    "engines.launch": "core engines.engine",
    "engines.model": "core formats",
    "engines.settings": "core",
    "engines.process": "core http engines.engine engines.launch",
    "engines.encoder": ENGINE,
    "engines.images": ENGINE,
    "engines.llama": ENGINE,
    "engines.remote": ENGINE,
    "engines.ray": ENGINE,
    "engines.plan": "core engines",
    # Ray's part of the server: everything, as deployments
    "ray": "core engines library scheduler inference settings machine assembly server",
    # the scheduler takes engines as they come
    "scheduler": "core engines.engine engines.launch",
    "inference": "core library scheduler observation settings structured "
    "engines.engine engines.launch engines.plan engines.settings",
    "observation": "core http scheduler",
    # the page is files, and asks the API as any client does
    "page": "",
    "serving": "core http observation.journal scheduler settings",
    # dialects know no engine, and not one another
    "api": "core http",
    "api.services": "core settings library inference images state",
    "api.dialects": "api",
    "api.openai": DIALECT,
    "api.anthropic": DIALECT,
    "api.ollama": f"{DIALECT} formats settings",
    # the command line asks the native API, and puts a server together where none is up
    "cli": "core library.parameters api.advice",
    "cli.client": "core http.inprocess settings api.ollama api.services library inference serving.hosts assembly "
    "state.private",
    "cli.commands": "cli core api.endpoint http.body http.listener settings machine library server serving "
    "observation.log state.database state.private builds embedded.puna",
    # Puna in a program of one's own, and for its tests, is the whole server
    "embedded": "core http assembly server settings library api.services engines.plan engines.process.spawn "
    "engines.llama.runner builds",
    "testing": "core http api.dispatcher embedded engines library server settings",
    "cli.session": "cli core library.parameters state.private",
}
"""What may be known where. Rows are longer where more is said of a place: the longest one that fits counts. Every
place may know what is in itself."""

EVERYTHING = ("assembly", "server", "__main__")
"""What puts everything together."""

SIDE_BY_SIDE = (
    ("api.openai", "api.ollama", "api.anthropic"),
    ("engines.llama", "engines.encoder", "engines.images", "engines.remote", "engines.ray"),
)
"""Places that must not know one another, in either direction."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The imports of Puna, by modules' names without the package's."""
    whole = read_imports(SOURCE, "puna")
    return {short(module): {short(name) for name in names} for module, names in whole.items()}


def short(module: str) -> str:
    return module.removeprefix("puna").removeprefix(".")


def place_of(module: str) -> str:
    """The row that says what a module may know."""
    rows = [place for place in MAY_KNOW if inside(module, place)]
    assert rows, f"{module}: tests/test_architecture.py has no row in MAY_KNOW for it"
    return max(rows, key=len)


def forbidden(graph: Graph) -> list[tuple[str, str]]:
    """Modules, and what they import against the rules. The package itself only says its version."""
    return [
        (module, name)
        for module, names in graph.items()
        if module and module not in EVERYTHING
        for name in names
        if name and not any(inside(name, known) for known in (place_of(module), *MAY_KNOW[place_of(module)].split()))
    ]


def test_every_place_knows_only_what_it_may(graph: Graph) -> None:
    assert [f"{module} -> {name}" for module, name in forbidden(graph)] == []


def test_what_stands_side_by_side_does_not_know_its_neighbour(graph: Graph) -> None:
    for places in SIDE_BY_SIDE:
        for one, other in permutations(places, 2):
            known = {name for module in graph if inside(module, one) for name in graph[module]}
            assert not [name for name in known if inside(name, other)], f"{one} knows {other}"


def test_no_folder_has_a_circle(graph: Graph) -> None:
    assert [*circles(graph)] == []


def test_every_row_is_about_something_that_is_there(graph: Graph) -> None:
    named = {*MAY_KNOW, *(place for known in MAY_KNOW.values() for place in known.split())}
    assert named <= graph.keys()


def test_imports_are_found_wherever_they_hide(tmp_path: Path) -> None:
    sources = {
        "house/__init__.py": "from house.hall import door",
        "house/hall/__init__.py": "door = 1",
        "house/hall/stairs.py": "import typing\nif typing.TYPE_CHECKING:\n    from house.attic import roof",
        "house/attic/__init__.py": "",
        "house/attic/roof.py": "def leak():\n    import house.cellar",
        "house/cellar.py": "PUMP = ['-m', 'house.hall.stairs']",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    graph = read_imports(tmp_path, "house")
    assert graph == {
        "house": {"house.hall"},
        "house.hall": set(),
        "house.hall.stairs": {"house.attic.roof"},
        "house.attic": set(),
        "house.attic.roof": {"house.cellar"},
        "house.cellar": {"house.hall.stairs"},
    }
    [circle] = circles(graph)
    assert {*circle} == {"house.hall", "house.attic", "house.cellar"}
    del graph["house.cellar"]
    assert [*circles(graph)] == []


def test_a_pure_test_imports_no_client_and_no_driver() -> None:
    program = "import sys, tests.conftest, tests.library.conftest; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=SOURCE.parent, capture_output=True, text=True, check=True
    )
    assert not {"openai", "ollama", "httpx2", "psycopg", "sqlalchemy", "xllamacpp"} & {*answer.stdout.split()}
