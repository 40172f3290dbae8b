import signal
import socket
import subprocess
import sys

import psutil
import pytest

from puna import __version__
from puna.api.ollama.application import LEVEL
from tests.server import RunningServer, StartServer


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_says_that_puna_runs(server: RunningServer, method: str) -> None:
    with server.http() as http:
        response = http.request(method, "/")
    assert response.status_code == 200
    assert response.text == ("Puna is running" if method == "GET" else "")


def test_health_and_version(server: RunningServer) -> None:
    with server.http() as http:
        assert http.get("/health").json() == {"status": "ok"}
        assert http.get("/api/version").json() == {"version": LEVEL, "puna": __version__}


def test_an_unknown_path_is_404_in_json(server: RunningServer) -> None:
    with server.http() as http:
        response = http.get("/nothing/here")
    assert response.status_code == 404
    assert "/nothing/here" in response.json()["error"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_end_of_the_server_leaves_no_engine(start_server: StartServer, end: signal.Signals) -> None:
    server = start_server()
    server.client().chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": "Hello!"}], max_tokens=1
    )
    engines = server.engines()
    assert engines
    server.process.send_signal(end)
    server.process.wait()
    _, alive = psutil.wait_procs(engines, timeout=30)
    assert not alive


def test_a_port_in_use_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [sys.executable, "-m", "puna", "serve", "--port", port], capture_output=True, text=True, check=False
        )
    assert result.returncode == 1
    assert f"127.0.0.1:{port} is in use" in result.stderr
    assert "Traceback" not in result.stderr
