"""Files at rest: written whole or not at all, by one process at a time, and told apart by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kolmatch.errors import KolmatchError

if TYPE_CHECKING:
    from filelock import FileLock

_CHUNK_BYTES = 1 << 20  # one megabyte keeps memory flat whatever the file's size


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Ask the operating system to put a file or folder on the disk now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file that becomes `path` in one step when the block ends without an error.

    A crash inside the block leaves the old file (or its absence) as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh(path)
    fresh.touch(exist_ok=False)
    try:
        yield fresh
        sync(fresh)
        fresh.replace(path)
        sync(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes `path` in one step when the block ends without an error.

    Raises:
        FileExistsError: `path` is there already; folders at rest are never changed in place.
    """
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh(path)
    fresh.mkdir()
    try:
        yield fresh
        for item in sorted(fresh.rglob("*")):
            sync(item)
        sync(fresh)
        fresh.rename(path)
        sync(path.parent)
    finally:
        if fresh.exists():
            shutil.rmtree(fresh)


@contextmanager
def held(lock: FileLock, busy: KolmatchError) -> Iterator[None]:
    """Hold a lock, which the operating system frees when a process dies.

    Raises:
        KolmatchError: `busy`, when another holds it for longer than the lock waits.
    """
    from filelock import Timeout  # a serving process holds no lock

    try:
        lock.acquire()
    except Timeout as error:
        raise busy from error
    try:
        yield
    finally:
        lock.release()


def _fresh(path: Path) -> Path:
    """A name of its own beside `path`; made without `tempfile`, whose files only their maker can read."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
