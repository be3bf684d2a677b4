"""What the world does to a service: a full disk, clients that never finish. It says so, loses nothing, goes on."""

from __future__ import annotations

import json
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.store import audit, schema
from serving.store.database import Store
from tests.api_world import key_of
from tests.running_service import WAIT_S, answer_of, ask, serving, until

BRIEF = json.dumps({"title": "Dịch vụ công trực tuyến"}).encode()
PATIENCE_S = 1.0


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_home / "bundles", tmp_path / "bundles")
    return tmp_path


_SYS_ADMIN = 21  # the capability that mounting takes
_CAPABILITIES = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
# A disk of its own is really full; where none can be mounted, files that may not grow are as good as can be had.
WAYS = ("disk", "limit") if int(_CAPABILITIES.split()[1], 16) >> _SYS_ADMIN & 1 else ("limit",)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Two million bytes at a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def no_room(way: str, process: int, folder: Path) -> Iterator[None]:
    """No byte more can be written there while the block runs."""
    if way == "disk":
        filler = fill(folder)
        yield
        filler.unlink()
        return
    now = (folder / "store.sqlite3-wal").stat().st_size
    old = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (now, old[1]))
    yield
    resource.prlimit(process, resource.RLIMIT_FSIZE, old)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 512)
        except OSError:
            return file


@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_is_said_so_and_loses_nothing(home: Path, way: str) -> None:
    folder = home / "disk"
    folder.mkdir()
    with small_disk(folder) if way == "disk" else nullcontext():
        url = f"sqlite:///{folder / 'store.sqlite3'}"
        store = Store.at(url, busy_timeout_s=5)
        schema.upgrade(store)
        key = key_of(store, "staff", at=datetime.now(UTC))
        with serving(home, STORE__URL=url) as (process, address):
            kept = [answer_of(address, "/v1/shortlists", BRIEF, key) for _ in range(3)]
            assert {status for status, _ in kept} == {201}
            with no_room(way, process.pid, folder):
                refused = [answer_of(address, "/v1/shortlists", BRIEF, key) for _ in range(5)]
                assert {(status, answer["code"]) for status, answer in refused} == {(503, "store")}
                assert all(ask(address, f"/v1/shortlists/{one['shortlist_id']}", None, key) == 200 for _, one in kept)
                assert ask(address, "/readyz") == 200
            kept.append(answer_of(address, "/v1/shortlists", BRIEF, key))
            assert kept[-1][0] == 201
            _, page = answer_of(address, "/v1/shortlists", None, key)
        assert {item["shortlist_id"] for item in page["items"]} == {answer["shortlist_id"] for _, answer in kept}
        with store.reading() as session:
            audit.verify(session)
        store.close()


def test_clients_that_never_finish_are_cut_off_and_hold_nobody_up(home: Path) -> None:
    start = b"POST /v1/shortlists HTTP/1.1\r\nHost: here\r\n"
    heads = (b"", start, start + b"Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{")
    with serving(home, SERVING__REQUEST_TIMEOUT_S=str(PATIENCE_S)) as (_process, address):
        slow = [dripping(address, head) for head in heads for _ in range(20)]
        assert {ask(address, "/v1/shortlists", BRIEF) for _ in range(5)} == {200}
        until(lambda: not any(still_open(connection) for connection in slow))
        assert ask(address, "/v1/shortlists", BRIEF) == 200
        for connection in slow:
            connection.close()


def dripping(address: str, head: bytes) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=WAIT_S)
    connection.sendall(head)
    connection.setblocking(False)
    return connection


def still_open(connection: socket.socket) -> bool:
    """Whether the server still takes a byte more of a request that never ends."""
    try:
        connection.send(b"a")
        return connection.recv(4096) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_a_request_that_comes_in_pieces_but_in_time_is_answered(home: Path) -> None:
    with (
        serving(home, SERVING__REQUEST_TIMEOUT_S="20") as (_process, address),
        closing(dripping(address, b"POST /v1/shortlists HTTP/1.1\r\nHost: here\r\n")) as connection,
    ):
        connection.settimeout(WAIT_S)
        connection.sendall(b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(BRIEF))
        for piece in (b"\r\n", *(BRIEF[at : at + 5] for at in range(0, len(BRIEF), 5))):
            connection.sendall(piece)
            time.sleep(0.01)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
