"""The service as a person runs it: `kolmatch serve` on a home folder, asked over real connections."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from serving.store import schema
from serving.store.database import Store
from tests.api_world import key_of

ROOT: Final = Path(__file__).parents[1]
WAIT_S: Final = 60.0  # a busy machine needs some seconds to import the libraries
NO_KEY: Final[Mapping[str, str]] = {}
COMMAND: Final = (sys.executable, "-c", "from kolmatch.cli import main; main()", "serve")


@contextmanager
def serving(home: Path, workers: int = 1, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running service and its address, once it answers; what it says goes to the file `log` of the home folder.

    `settings` are variables without their prefix, such as `SERVING__WATCH_S="5"`.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*COMMAND, "--home", str(home), "--port", str(port), "--workers", str(workers)]
    variables = {f"KOLMATCH_{name}": value for name, value in settings.items()}
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **variables}) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            until(lambda: ask(address, "/readyz") == 200 or process.poll() is not None)
            assert process.poll() is None, (home / "log").read_text()
            yield process, address
        finally:
            process.kill()


def until(held: Callable[[], bool]) -> None:
    """Wait for something to hold."""
    end = time.monotonic() + WAIT_S
    while not held():
        assert time.monotonic() < end
        time.sleep(0.05)


def ask(address: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = NO_KEY) -> int:
    """The status of one answer, over a connection of its own; 0 when there is nobody to answer."""
    try:
        return answer_of(address, path, body, headers)[0]
    except OSError:
        return 0


def answer_of(
    address: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = NO_KEY
) -> tuple[int, dict[str, Any]]:
    """Status and content of one answer, over a connection of its own."""
    request = urllib.request.Request(address + path, body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return int(answer.status), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def home_key(home: Path, role: str) -> dict[str, str]:
    """The header of a fresh key of a home folder's own store."""
    store = Store.at(f"sqlite:///{home / 'store.sqlite3'}", busy_timeout_s=5)
    schema.upgrade(store)
    header = key_of(store, role, at=datetime.now(UTC))
    store.close()
    return header
