"""A real PostgreSQL for the tests: made in a temporary folder, reached by a socket there, gone when the tests end."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text

DEBIAN: Final = Path("/usr/lib/postgresql")
MISSING: Final = (
    "PostgreSQL: not found, so the store is tested on SQLite alone. "
    "Install it (apt-get install postgresql) and run again."
)
_OWNER: Final = "nobody"  # PostgreSQL refuses to run as root


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    installed = sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name.split(".")[0]))
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def server() -> Iterator[str]:
    """A running server; its address without a database's name."""
    folder = programs()
    assert folder is not None, MISSING
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path may have 107 characters
    if os.geteuid() == 0:
        shutil.chown(home, _OWNER)
    data = home / "data"
    _run(home, folder / "initdb", "-D", data, "-A", "trust", "-U", "kolmatch", "-E", "UTF8", "--no-locale", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=60"
    _run(home, folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
    try:
        yield f"postgresql://kolmatch@/{{name}}?host={home}"
    finally:
        _run(home, folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(home)


def fresh_name() -> str:
    """A database's name that no other test has."""
    return f"test_{secrets.token_hex(8)}"


def new_database(address: str, name: str) -> str:
    """The address of a fresh, empty database."""
    engine = create_engine(
        address.format(name="postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.format(name=name)


def _run(home: Path, *command: str | Path) -> None:
    user = _OWNER if os.geteuid() == 0 else None
    done = subprocess.run(
        command, cwd=home, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
