"""The catalogue's folders: each change is a new one, and a single file says which one is current.

    home/catalogue/CURRENT          the name of the current generation, replaced in one step
    home/catalogue/gen-000007/      manifest.json and one Parquet file per table; never changed once it has its name
    home/catalogue/gen-000006/      the one before, for readers that still have it open
    home/catalogue/.lock            held by the writer; the system frees it when the writer dies

A crash at any moment leaves CURRENT at the old generation or at the new one, and both are whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kolmatch.errors import CatalogueBusy, CatalogueDamaged, CatalogueEmpty, CatalogueError
from kolmatch.files import new_folder, replacing, sha256_of

FORMAT: Final = 1
STAGING_PREFIX: Final = ".staging-"
_CURRENT: Final = "CURRENT"
_MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"gen-(\d{6,})")
_LEFTOVER: Final = re.compile(r"\.staging-.*|\..*\.new")


@dataclass(frozen=True, slots=True)
class TableFile:
    """What the manifest says of one table; `synthetic` counts its synthetic rows."""

    rows: int
    synthetic: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of the catalogue: a folder and what its manifest says."""

    folder: Path
    tables: dict[str, TableFile]

    def path(self, table: str) -> Path:
        """Where a table lies."""
        return self.folder / f"{table}.parquet"

    @property
    def synthetic(self) -> bool:
        """Whether any row of it is synthetic."""
        return any(file.synthetic for file in self.tables.values())


def catalogue_folder(home: Path) -> Path:
    """Where the catalogue lies under a home folder."""
    return home / "catalogue"


def current(home: Path) -> Generation:
    """The current generation, its files present in full length.

    Raises:
        CatalogueEmpty: nothing was imported.
        CatalogueDamaged: a file is missing or is not what was written.
    """
    folder = catalogue_folder(home)
    try:
        name = (folder / _CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise _empty(home) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(folder / _CURRENT, str(error)) from error
    if not _NAME.fullmatch(name):
        raise _damaged(folder / _CURRENT, f"{name[:40]!r} names no generation")
    return _checked(folder / name)


def _checked(folder: Path) -> Generation:
    """A generation whose files have their length."""
    generation = _read(folder)
    for table, file in generation.tables.items():
        _check_size(generation.path(table), file)
    return generation


def kept(home: Path) -> list[Generation]:
    """Every generation that is still whole, the newest first: the current one, and the one before for a while."""
    folder = catalogue_folder(home)
    paths = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    found = []
    for path in sorted(paths, key=_number, reverse=True):
        with suppress(CatalogueDamaged):  # being written, or going away
            found.append(_checked(path))
    return found


def verify(generation: Generation) -> None:
    """Compare every file with its SHA-256.

    Raises:
        CatalogueDamaged: a file is not what was written.
    """
    for table, file in generation.tables.items():
        path = generation.path(table)
        _check_size(path, file)
        if sha256_of(path) != file.sha256:
            raise _damaged(path, "its SHA-256 is not the one in the manifest")


def _read(folder: Path) -> Generation:
    path = folder / _MANIFEST
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        tables = {name: TableFile(**file) for name, file in content["tables"].items()}
        version = content["format"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from error
    if version != FORMAT:
        raise _damaged(path, f"format {version!r} is not {FORMAT}, the one this version of kolmatch reads")
    return Generation(folder, tables)


def _check_size(path: Path, file: TableFile) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _damaged(path, str(error)) from error
    if size != file.bytes:
        raise _damaged(path, f"it has {size} bytes, not {file.bytes}")


def _empty(home: Path) -> CatalogueEmpty:
    return CatalogueEmpty(
        f"The catalogue in {home} is empty. Import first: kolmatch import creators FILE, kolmatch import posts FILE.",
        f"Kho dữ liệu trong {home} còn trống. Hãy nhập dữ liệu trước: kolmatch import creators TỆP, "
        "kolmatch import posts TỆP.",
    )


def _damaged(path: Path, why: str) -> CatalogueDamaged:
    return CatalogueDamaged(
        f"The catalogue file {path} is damaged: {why}. Restore the folder {path.parent} from a backup, or remove the "
        "catalogue folder and import again.",
        f"Tệp {path} của kho dữ liệu bị hỏng: {why}. Hãy khôi phục thư mục {path.parent} từ bản sao lưu, hoặc xóa thư "
        "mục catalogue rồi nhập lại.",
    )


@contextmanager
def writing(home: Path) -> Iterator[Path]:
    """Be the only writer, tidy up after crashed ones, and give the catalogue's folder.

    Raises:
        CatalogueBusy: another process is writing.
        CatalogueError: the disk is full, or the folder is not ours to write in.
    """
    folder = catalogue_folder(home)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("a") as lock:
            _lock(lock.fileno(), folder)
            _tidy(home)
            yield folder
    except OSError as error:
        raise CatalogueError(
            f"Cannot write the catalogue in {folder}: {error}. Nothing was changed. Check free space and permissions.",
            f"Không ghi được kho dữ liệu trong {folder}: {error}. Dữ liệu chưa thay đổi. Hãy kiểm tra dung lượng trống "
            "và quyền ghi.",
        ) from error


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CatalogueBusy(
            f"Another process is importing into {folder}. Wait until it is done, then run this again.",
            f"Một tiến trình khác đang nhập dữ liệu vào {folder}. Hãy đợi tiến trình đó xong rồi chạy lại.",
        ) from None


def publish(home: Path, changed: Mapping[str, Callable[[Path], tuple[int, int]]]) -> Generation:
    """Make a generation of the current one's tables and the changed ones, and make it current. Only under `writing`.

    Each function writes a table to the path it is given and returns how many rows it has, and how many synthetic.
    """
    old = current_or_none(home)
    folder = catalogue_folder(home) / f"gen-{_number(old.folder) + 1 if old else 1:06d}"
    with new_folder(folder) as fresh:
        tables = _linked(old, fresh, set(changed)) if old else {}
        for name, write in changed.items():
            path = fresh / f"{name}.parquet"
            rows, synthetic = write(path)
            tables[name] = TableFile(rows, synthetic, path.stat().st_size, sha256_of(path))
        _write_manifest(fresh, tables)
    with replacing(catalogue_folder(home) / _CURRENT) as pointer:
        pointer.write_text(folder.name + "\n", encoding="ascii")
    _tidy(home)
    return Generation(folder, tables)


def forget_earlier(home: Path) -> None:
    """Remove the generation before the current one too, whoever has it open. Only under `writing`."""
    old = current_or_none(home)
    for path in catalogue_folder(home).iterdir():
        if _NAME.fullmatch(path.name) and (old is None or path.name != old.folder.name):
            shutil.rmtree(path)


def current_or_none(home: Path) -> Generation | None:
    """The current generation; None when nothing was imported.

    Raises:
        CatalogueDamaged: a file is missing or is not what was written.
    """
    try:
        return current(home)
    except CatalogueEmpty:
        return None


def _number(folder: Path) -> int:
    match = _NAME.fullmatch(folder.name)
    assert match, folder
    return int(match.group(1))


def _linked(old: Generation, fresh: Path, changed: set[str]) -> dict[str, TableFile]:
    """The unchanged tables in the new folder: the same file under a second name, a copy where that cannot be."""
    kept = {name: file for name, file in old.tables.items() if name not in changed}
    for name in kept:
        target = fresh / f"{name}.parquet"
        try:
            os.link(old.path(name), target)
        except OSError:
            shutil.copy2(old.path(name), target)
    return kept


def _write_manifest(folder: Path, tables: dict[str, TableFile]) -> None:
    content = {
        "format": FORMAT,
        "synthetic": any(file.synthetic for file in tables.values()),
        "tables": {name: asdict(tables[name]) for name in sorted(tables)},
    }
    (folder / _MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _tidy(home: Path) -> None:
    """Remove generations but the current one and the one before it, and what crashed writers left."""
    folder = catalogue_folder(home)
    numbers = {_number(path): path for path in folder.iterdir() if _NAME.fullmatch(path.name)}
    old = current_or_none(home)
    live = _number(old.folder) if old else 0
    before = max((number for number in numbers if number < live), default=0)
    gone = [path for number, path in numbers.items() if number not in (live, before)]
    gone += [path for path in folder.iterdir() if _LEFTOVER.fullmatch(path.name)]
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
