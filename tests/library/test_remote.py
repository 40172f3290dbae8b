"""The form in which a Modelfile says that a model runs elsewhere."""

from pathlib import Path

import pytest

from puna.core.errors import InvalidRequest
from puna.core.remote import Address, Remote
from puna.library.cloud import cloud_model, pull_from_cloud
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile, ModelfileError
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from puna.library.registry.progress import Status
from puna.library.registry.push import push
from puna.library.remote import from_json, to_json

A, B = "https://a.example/v1", "https://b.example:8443/api/v1"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (f"FROM {A} m", [Address(url=A, model="m")]),
        (f"from  {A}/  org/m:8b ", [Address(url=A, model="org/m:8b")]),
        (f"FROM {A} m\nKEY env:A_KEY", [Address(url=A, model="m", key="env:A_KEY")]),
        (
            f"FROM {A} m\nFROM {B} n weight=2\nKEY file:/run/key",
            [
                Address(url=A, model="m", key="file:/run/key"),
                Address(url=B, model="n", key="file:/run/key", weight=2),
            ],
        ),
        (
            f"FROM {A} m\nKEY env:A_KEY\nFROM {B} n\nKEY env:B_KEY",
            [Address(url=A, model="m", key="env:A_KEY"), Address(url=B, model="n", key="env:B_KEY")],
        ),
        (
            f"FROM {A} m\nKEY none\nFROM {B} n\nKEY env:B_KEY",
            [Address(url=A, model="m"), Address(url=B, model="n", key="env:B_KEY")],
        ),
        (f"KEY env:A_KEY\nFROM {A} m", [Address(url=A, model="m", key="env:A_KEY")]),
    ],
)
def test_addresses_and_their_keys(text: str, addresses: list[Address]) -> None:
    modelfile = Modelfile.parse(text)
    assert modelfile.sources == ()
    assert modelfile.remote == Remote(addresses=tuple(addresses))
    assert Modelfile.parse(str(modelfile)).remote == modelfile.remote
    assert from_json(to_json(modelfile.remote)) == modelfile.remote


def test_a_model_here_and_elsewhere() -> None:
    modelfile = Modelfile.parse(f"FROM llama3.2\nFROM {A} m\nOVERFLOW 4")
    assert modelfile.sources == ("llama3.2",)
    assert modelfile.remote == Remote(addresses=(Address(url=A, model="m"),), overflow=4)
    assert Modelfile.parse(str(modelfile)) == modelfile


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("FROM https://a.example/v1", "line 1: .* does not say which model"),
        ("FROM https://user:secret@a.example/v1 m", "line 1: .*put a key into a line KEY"),
        ("FROM https://a.example/v1?k=1 m", "line 1: .*may only have host and path"),
        ("FROM https://a.example:99999/v1 m", "line 1: .*is not a valid address"),
        (f"FROM {A} m weight=0", "line 1: a weight is a number above 0"),
        (f"FROM {A} m\nKEY sk-1234", "line 2: KEY says where the key is"),
        (f"FROM {A} m\nKEY env:PUNA_API_KEYS", "line 2: .*is Puna's own"),
        (f"FROM {A} m\nOVERFLOW many", "OVERFLOW is how many"),
        ("FROM llama3.2\nKEY env:A", "line 2: KEY and OVERFLOW go with FROM https"),
    ],
)
def test_what_can_not_be_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ModelfileError, match=problem) as refused:
        Modelfile.parse(text)
    assert "secret" not in refused.value.message
    assert "sk-1234" not in refused.value.message


@pytest.mark.parametrize("host", ["127.0.0.1:11434", "localhost", "[::1]:8000", "127.9.9.9"])
def test_this_machine_is_asked_without_encryption(host: str, tmp_path: Path) -> None:
    assert Recipe.of(Modelfile.parse(f"FROM http://{host}/v1 m"), tmp_path).remote


@pytest.mark.parametrize("host", ["10.0.0.2", "a.example", "localhost.example", "192.168.1.7:8000"])
def test_another_machine_is_asked_without_encryption_only_if_that_is_wanted(host: str, tmp_path: Path) -> None:
    modelfile = Modelfile.parse(f"FROM http://{host}/v1 m")
    with pytest.raises(InvalidRequest, match="--insecure"):
        Recipe.of(modelfile, tmp_path)
    assert Recipe.of(modelfile, tmp_path, insecure=True).remote


def test_a_keys_file_is_looked_for_beside_the_modelfile(tmp_path: Path) -> None:
    recipe = Recipe.of(Modelfile.parse(f"FROM {A} m\nKEY file:far.key"), tmp_path)
    assert recipe.remote
    assert recipe.remote.addresses[0].key == f"file:{tmp_path / 'far.key'}"


def test_one_model_is_made_of_another(tmp_path: Path) -> None:
    library = Library(tmp_path / "models")

    def make(name: str, text: str) -> None:
        create(library, ModelName.parse(name), Recipe.of(Modelfile.parse(text), tmp_path))

    make("far", f"FROM {A} m\nKEY env:A_KEY\nPARAMETER temperature 0.5")
    make("brief", "FROM far\nSYSTEM Be brief.")
    model = library.get(ModelName.parse("brief"))
    assert model.kind == "remote"
    assert model.remote == Remote(addresses=(Address(url=A, model="m", key="env:A_KEY"),))
    assert model.system == "Be brief."
    assert model.parameters.temperature == 0.5
    assert "completion" in model.capabilities


@pytest.mark.parametrize(
    ("line", "problem"),
    [("TEMPLATE {{ .Prompt }}", "can't have template"), ("PARAMETER num_ctx 4096", "decides about num_ctx")],
)
def test_what_only_weights_here_can_have_is_refused(line: str, problem: str, tmp_path: Path) -> None:
    recipe = Recipe.of(Modelfile.parse(f"FROM {A} m\n{line}"), tmp_path)
    with pytest.raises(InvalidRequest, match=problem):
        create(Library(tmp_path / "models"), ModelName.parse("far"), recipe)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-oss:120b-cloud", "gpt-oss:120b"),
        ("kimi-k2.5:cloud", "kimi-k2.5"),
        ("ann/pirate:cloud", "ann/pirate"),
        ("gpt-oss:120b", None),
        ("cloud", None),
        ("hf.co/ann/pirate:cloud", None),
    ],
)
def test_names_of_ollamas_cloud(name: str, model: str | None) -> None:
    assert cloud_model(ModelName.parse(name)) == model


async def test_pulling_from_ollamas_cloud_fetches_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path / "models")
    name = ModelName.parse("gpt-oss:120b-cloud")
    steps = [step async for step in pull_from_cloud(library, name, "gpt-oss:120b")]
    assert steps[-1] == Status("success")
    address = Address(url="https://ollama.com/v1", model="gpt-oss:120b", key="env:OLLAMA_API_KEY")
    assert library.get(name).remote == Remote(addresses=(address,))
    with pytest.raises(InvalidRequest, match="share its Modelfile"):
        push(library, name)
