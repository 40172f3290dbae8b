import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from puna import __version__
from puna.cli import app
from puna.cli.client.servers import announced
from puna.cli.commands.startup import introduce, offer_models, places_of_ollama, warn_of_unknown
from puna.library.library import Library
from puna.machine import gpus, unused_gpu
from puna.settings import VARIABLES, Settings
from tests.cli.puna import UNUSED_PORT
from tests.library import ggufs
from tests.stored_models import add_model


@contextmanager
def stranger(text: str) -> Iterator[int]:
    """A server that says one thing, whatever it is asked, and its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def fails(*arguments: str, home: Path, stdin: bytes = b"", **variables: str) -> str:
    """What a command says that has to fail."""
    clean = {name: None for name in os.environ if name.startswith(("PUNA_", "OLLAMA_"))}
    environment = {**clean, "PUNA_HOME": str(home), "PUNA_HOST": f"127.0.0.1:{UNUSED_PORT}", **variables}
    result = CliRunner().invoke(app, arguments, env=environment, input=stdin)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nonsense", "expected a URL such as postgresql://user:password@host/database"),
        ("mysql://u@h/d", "Puna can't use mysql"),
        ("postgresql+nodriver://u@h/d", "expected a URL"),
        ("postgresql+asyncpg://u@h/d", "pip install 'puna[postgresql]'"),
    ],
)
def test_a_database_that_cannot_be_used_ends_the_start(tmp_path: Path, text: str, complaint: str) -> None:
    said = fails("serve", home=tmp_path, PUNA_DATABASE_URL=text)
    assert "PUNA_DATABASE_URL" in said
    assert complaint in said


def test_folders_that_cannot_be_used_end_the_start(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "Set PUNA_HOME" in fails("serve", home=file)
    assert "Set PUNA_HOME" in fails("serve", home=file / "below")
    assert f"{file} is not a folder" in fails("serve", home=tmp_path, PUNA_MODELS=str(file))
    assert f"{file} is not a folder" in fails("serve", home=tmp_path, PUNA_MODELS=str(file / "below"))


def test_unknown_variables_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_unknown({"PUNA_KEEP_ALIFE": "5m", "PUNA_XYZZY": "1"})
    assert caplog.messages == [
        "Unknown variable PUNA_KEEP_ALIFE. Did you mean PUNA_KEEP_ALIVE?",
        "Unknown variable PUNA_XYZZY. `puna serve --help` lists all variables.",
    ]


def test_the_start_says_what_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    manifest = tmp_path / ".ollama/models/manifests/registry.ollama.ai/library/llama3.2/latest"
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    home = tmp_path / "elsewhere" / "puna"
    with caplog.at_level(logging.INFO):
        introduce(Settings(home=home, models=home / "models", memory=2 * 10**9), "http://127.0.0.1:11434")
    line, *_, offer = caplog.messages
    assert line.startswith(f"Puna {__version__} at http://127.0.0.1:11434; ")
    listed = len(Library(home / "models").list())
    count = f"{listed} model{'s' if listed > 1 else ''}"
    assert line.endswith(f"; {count} in {home / 'models'}; memory limit 2 GB")
    folder = tmp_path / ".ollama/models"
    assert offer == f"Ollama's models are in {folder} (1). To use them: PUNA_MODELS={folder} puna serve"


def test_models_of_the_service_that_ollamas_installer_sets_up_are_offered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Path("/usr/share/ollama/.ollama/models") in places_of_ollama()
    own, service = tmp_path / "own", tmp_path / "service"
    manifest = service / "manifests/registry.ollama.ai/library/llama3.2/latest"
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    with caplog.at_level(logging.INFO):
        offer_models((own, service))
    assert caplog.messages == [f"Ollama's models are in {service} (1). To use them: PUNA_MODELS={service} puna serve"]


@pytest.mark.parametrize(
    ("sign", "content", "build"),
    [
        ("proc/driver/nvidia/version", "", "cu128"),
        ("usr/lib/wsl/lib/libcuda.so.1", "", "cu128"),
        ("dev/kfd", "", "rocm-7.2.4"),
        ("sys/class/drm/renderD128/device/vendor", "0x8086\n", "vulkan"),
    ],
)
def test_a_gpu_that_the_engine_cannot_use_comes_with_the_command(
    tmp_path: Path, sign: str, content: str, build: str
) -> None:
    if gpus(None) or sys.platform == "darwin":
        pytest.skip("the engine can use a GPU here")
    assert unused_gpu(None, tmp_path) is None
    (tmp_path / sign).parent.mkdir(parents=True)
    (tmp_path / sign).write_text(content)
    assert str(unused_gpu(None, tmp_path)).endswith(f"--index-url https://xorbitsai.github.io/xllamacpp/whl/{build}")


def test_the_help_lists_all_variables() -> None:
    text = CliRunner().invoke(app, ["serve", "--help"]).output
    assert [name for name in VARIABLES if f"PUNA_{name} " not in text] == []


@pytest.mark.parametrize(
    ("says", "name"),
    [("Ollama is running", "Ollama"), ("Puna is running", "another Puna"), ("Hello", "another program")],
)
def test_a_port_in_use_is_said_with_what_works(tmp_path: Path, says: str, name: str) -> None:
    with stranger(says) as port:
        said = fails("serve", "--port", str(port), home=tmp_path)
    assert f"127.0.0.1:{port} is in use by {name}." in said
    assert f"`puna serve --port {port + 1}`" in said
    assert f"`PUNA_HOST=127.0.0.1:{port + 1} make serve`" in said


def test_a_server_that_is_neither_puna_nor_ollama_is_recognised(tmp_path: Path) -> None:
    with stranger("<p>Hello</p>") as port:
        for command in (["list"], ["ps"], ["show", "tiny"], ["run", "tiny", "hello"], ["rm", "x"]):
            said = fails(*command, home=tmp_path, PUNA_HOST=f"127.0.0.1:{port}")
            assert f"the server at 127.0.0.1:{port} is neither Puna nor Ollama" in said


def test_what_does_not_speak_http_is_recognised(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            listener.accept()[0].close()  # the command looks whether anybody is there
            connection, _ = listener.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        said = fails("ps", home=tmp_path, PUNA_HOST=f"127.0.0.1:{port}")
        thread.join()
    assert f"the server at 127.0.0.1:{port} does not speak HTTP" in said


def test_without_a_server_ps_and_stop_say_so(tmp_path: Path) -> None:
    for command in (["ps"], ["stop", "tiny"]):
        said = fails(*command, home=tmp_path)
        assert f"no server runs at 127.0.0.1:{UNUSED_PORT}. Start one with `puna serve`." in said


def test_a_server_on_another_port_is_named(tmp_path: Path) -> None:
    with stranger("Puna is running") as port, announced(tmp_path, f"http://127.0.0.1:{port}"):
        assert f"but one does at http://127.0.0.1:{port}: set PUNA_HOST=127.0.0.1:{port}" in fails(
            "ps", home=tmp_path
        )
    assert "Start one with `puna serve`" in fails("ps", home=tmp_path)


def test_a_pipe_with_neither_text_nor_a_picture_is_said_so(tmp_path: Path) -> None:
    assert "neither text (UTF-8) nor an image" in fails("run", "tiny", home=tmp_path, stdin=b"\xfe\xff\x00")


def test_a_picture_in_a_pipe_is_for_models_that_see(tmp_path: Path) -> None:
    add_model(tmp_path / "models", "blind", ggufs.write(tmp_path / "blind.gguf"))
    said = fails("run", "blind", "What is this?", home=tmp_path, stdin=b"\x89PNG\r\n\x1a\n")
    assert "'blind' does not support images" in said


def test_what_goes_wrong_inside_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError("oops")

    monkeypatch.setattr("puna.library.listing.Listing.models", broken)
    assert "internal error: ValueError: oops" in fails("list", home=tmp_path)
