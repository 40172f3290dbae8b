import base64
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openai
import pytest
from click.testing import CliRunner

from puna.cli import COMMANDS, app
from tests.cli.puna import Puna
from tests.library import ggufs
from tests.server import StartServer
from tests.stored_models import add_model, write_micro_model


@pytest.fixture(params=["puna", "puna_with_server"])
def command(request: pytest.FixtureRequest) -> Puna:
    """The command without a server, and with one: they have to say the same."""
    found: Puna = request.getfixturevalue(request.param)
    return found


def test_models_are_listed_copied_and_removed(command: Puna) -> None:
    assert command("cp", "tiny", "ann/small:1b") == "copied 'tiny' to 'ann/small:1b'\n"
    header, *rows = command("list").splitlines()
    assert re.fullmatch(r"NAME +ID +SIZE +MODIFIED", header)
    assert [row.split()[0] for row in rows][:2] == ["ann/small:1b", "tiny:latest"]
    assert re.fullmatch(r"ann/small:1b +[0-9a-f]{12} +[\d.]+ MB +.+ ago", rows[0])
    assert all(row.index(row.split()[1]) == header.index("ID") for row in rows)
    assert len(command("list", "ANN").splitlines()) == 2
    assert command("rm", "ann/small:1b") == "deleted 'ann/small:1b'\n"
    assert "ann/small" not in command("list")


def test_errors_are_one_helpful_line(command: Puna) -> None:
    assert command.fails("cp", "tinny", "x") == "Error: model 'tinny:latest' not found, did you mean 'tiny:latest'?\n"
    assert "comes with Puna" in command.fails("rm", "tiny")
    assert command.fails("rm", "nobody") == "Error: model 'nobody:latest' not found\n"
    assert command.fails("show", "nobody").endswith("puna pull nobody:latest\n")
    assert "invalid model name" in command.fails("cp", "tiny", "../../etc/passwd")


def test_a_model_is_shown_in_sections_and_by_parts(puna_with_server: Puna) -> None:
    puna = puna_with_server
    shown = puna("show", "tiny")
    assert re.search(r"^  Model\n    architecture +\w+\n    parameters +[\d.]+[MB]\n", shown, re.MULTILINE)
    assert re.search(r"^  Capabilities\n    completion\n", shown, re.MULTILINE)
    assert "\nFROM " in puna("show", "tiny", "--modelfile")
    assert "messages" in puna("show", "tiny", "--template")
    assert "  Tensors\n" in puna("show", "tiny", "--verbose")
    assert "only one of" in puna.fails("show", "tiny", "--modelfile", "--license")


def test_verify_names_the_damaged_file(puna: Puna, micro: Path) -> None:
    models = puna.home / "models"
    add_model(models, "mine", micro)
    assert puna("show", "mine", "--verify") == "'mine' is intact\n"
    blob = max((models / "blobs").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    assert blob.name in puna.fails("show", "mine", "--verify")


def test_a_server_elsewhere_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    puna = Puna(tmp_path, tmp_path / "home", "192.0.2.1:1", {})
    assert "no server answers at 192.0.2.1:1" in puna.fails("list")


def test_a_server_with_keys_is_given_one(tmp_path: Path, start_server: StartServer) -> None:
    server = start_server(PUNA_API_KEYS="secret")
    assert "API key" in Puna(tmp_path, tmp_path / "other", server.url).fails("list")
    assert "tiny:latest" in Puna(tmp_path, tmp_path / "other", server.url, {"PUNA_API_KEYS": "secret"})("list")


def test_an_application_gets_its_model_from_cp(tmp_path: Path, start_server: StartServer) -> None:
    server = start_server()
    Puna(tmp_path, tmp_path / "other", server.url)("cp", "tiny", "gpt-3.5-turbo")
    answer = server.client().chat.completions.create(
        model="gpt-3.5-turbo", messages=[{"role": "user", "content": "Say this is a test"}]
    )
    assert answer.choices[0].message.content == "This is a test."


def test_a_modelfile_sets_the_context_size(tmp_path: Path, start_server: StartServer) -> None:
    server = start_server()
    puna = Puna(tmp_path, tmp_path / "other", server.url)
    (tmp_path / "Modelfile").write_text("FROM tiny\nPARAMETER num_ctx 512\n")
    assert puna("create", "mymodel", "-f", "Modelfile").splitlines()[-1] == "success"
    with pytest.raises(openai.BadRequestError) as raised:
        server.client().chat.completions.create(
            model="mymodel", messages=[{"role": "user", "content": "word " * 2000}]
        )
    assert raised.value.code == "context_length_exceeded"
    assert "512" in raised.value.message


def test_a_shown_modelfile_makes_the_same_model(puna_with_server: Puna) -> None:
    puna = puna_with_server
    source = (
        'FROM tiny\nPARAMETER top_k 3\nPARAMETER stop "<a>"\nSYSTEM """Be\nbrief."""\nMESSAGE user hi\nLICENSE MIT\n'
    )
    puna("create", "first", "-f", "-", stdin=source)
    (puna.folder / "Modelfile").write_text(puna("show", "first", "--modelfile"))
    puna("create", "second")
    parts = ("--parameters", "--system", "--license", "--template")
    assert [puna("show", "second", part) for part in parts] == [puna("show", "first", part) for part in parts]
    assert "Be\nbrief." in puna("show", "second", "--system")


def test_files_are_sent_and_quantized(command: Puna) -> None:
    folder = command.folder / "made"
    folder.mkdir()
    write_micro_model(folder / "micro.gguf")
    (folder / "Modelfile").write_text("FROM ./micro.gguf\n")
    made = command("create", "micro", "-f", "made/Modelfile")
    assert made.splitlines()[0] == "sending micro.gguf"
    assert "sending" not in command("create", "again", "-f", "made/Modelfile")
    assert "Q8_0 already" in command.fails("create", "small", "-f", "made/Modelfile", "-q", "q8_0")
    ggufs.write(folder / "plain.gguf")
    command("create", "small", "-f", "-", "-q", "f16", stdin="FROM ./made/plain.gguf\n")
    assert "F16" in command("show", "small")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("FROM tiny\nPARAMETER num_ctx many\n", "line 2"),
        ("SYSTEM hi\n", "there is no FROM line"),
        ("FROM ./none.gguf\n", "there is no file or folder './none.gguf'"),
        ("FROM nothing-like-it\n", "not found"),
    ],
)
def test_a_modelfile_that_can_not_be_is_an_error(puna_with_server: Puna, source: str, words: str) -> None:
    puna = puna_with_server
    assert words in puna.fails("create", "m", "-f", "-", stdin=source)
    assert "m:latest" not in puna("list")


def test_a_file_that_is_no_model_is_called_as_the_modelfile_calls_it(puna_with_server: Puna) -> None:
    puna = puna_with_server
    puna.folder.joinpath("junk.gguf").write_text("junk")
    message = puna.fails("create", "m", "-f", "-", stdin="FROM ./junk.gguf\n")
    assert "'./junk.gguf': not a GGUF file" in message
    assert str(puna.home) not in message


def test_a_modelfile_that_is_missing_is_named(puna: Puna) -> None:
    assert "can't read the Modelfile none" in puna.fails("create", "m", "-f", "none")
    assert "name one with -f" in puna.fails("create", "m")


def test_help_names_every_command_and_a_mistake_the_nearest(puna: Puna) -> None:
    shown = puna()
    commands = tuple(COMMANDS)
    assert re.findall(r"^  (\w+)  +\w", shown.partition("Commands:")[2], re.MULTILINE) == [*commands]
    assert "..." not in shown.partition("Commands:")[2]  # each summary is whole
    assert puna("--help") == puna("help") == shown
    assert puna("help", "create") == puna("create", "--help")
    for command in commands:
        assert f"Usage: puna {command} " in CliRunner().invoke(app, [command, "--help"], prog_name="puna").output
    assert re.fullmatch(r"puna version [\d.]+\n", puna("--version"))
    mistaken = puna.run("lst")
    assert (mistaken.returncode, mistaken.stdout) == (2, "")
    assert "Did you mean 'list'?" in mistaken.stderr
    assert puna("ls") == puna("list")


def test_json_is_for_programs(command: Puna) -> None:
    listed, *_ = json.loads(command("list", "tin", "--json"))
    assert listed["name"] == "tiny:latest"
    assert json.loads(command("list", "nothing", "--json")) == []
    assert json.loads(command("show", "tiny", "--json"))["details"]["format"] == "gguf"
    assert list(json.loads(command("show", "tiny", "--json", "--template"))) == ["template"]


def test_signin_makes_a_key_once_and_says_where_to_register_it(tmp_path: Path) -> None:
    def signin() -> str:
        environment = {"PUNA_HOME": str(tmp_path / "puna"), "HOME": str(tmp_path)}
        result = CliRunner().invoke(app, ["signin"], env=environment)
        assert result.exit_code == 0, result.output
        return result.output

    first = signin()
    key = tmp_path / "puna" / "id_ed25519"
    assert key.stat().st_mode & 0o077 == 0
    assert "https://ollama.com/connect?name=" in first
    address = urlsplit(next(word for word in first.split() if word.startswith("https://ollama.com/connect?")))
    encoded = parse_qs(address.query)["key"][0]  # as Ollama writes the line of the .pub file
    public = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    assert public.startswith("ssh-ed25519 AAAA")
    assert public in first.splitlines()[-1]
    assert first.endswith(signin())
