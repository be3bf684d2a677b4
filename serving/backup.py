"""All that a home folder holds in one file, made while the service runs, and brought back into an empty home.

    store.sqlite3                the store as it stood at one moment, from SQLite or PostgreSQL
    catalogue/CURRENT, gen-.../  the catalogue's current generation
    bundles/CHAMPION, <id>/      every model, so that every kept shortlist can be replayed
    rights/*.json                marks of erased creators and signed records; never the key that signs
    golden-briefs.toml           what staff know of answers
    retrain/<month>/             journal, log and report of each monthly job
    mlflow/mlflow.db             the registry, when it is the home folder's own; its artifacts are the bundles again
    kolmatch-backup.json         last: SHA-256 of each of these

Generations and bundles never change once they have their name, so copying them needs no lock; the small files that
point to them are copied first.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from data.generations import current_or_none, verify
from kolmatch import __version__
from kolmatch.errors import CatalogueBusy, FileUnreadable, InputRefused, StoreError
from kolmatch.files import new_folder, replacing, sha256_of
from kolmatch.settings import StoreSettings
from models.bundle_files import CHAMPION_FILE, local_bundles
from serving.store import schema
from serving.store.copying import copy_store
from serving.store.database import FILE_NAME, Store, store_url

FORMAT: Final = 1
CONTENTS: Final = "kolmatch-backup.json"
_MLFLOW: Final = "mlflow/mlflow.db"
_BUSY_S: Final = 30.0  # a backup may wait longer for the store than a person does
Report = Callable[[str, int, int], None]


def write_backup(home: Path, store: Store, file: Path, report: Report) -> list[str]:
    """Write a backup, whole or not at all; the names of its parts.

    Raises:
        StoreError: the store cannot be read, or the file not be written.
        CatalogueBusy: two imports ended while it was written; run it again.
        CatalogueDamaged: a file of the catalogue is not what was written.
        InputRefused: its folder is not there, as when a disk is not mounted, or a file of that name is.
    """
    _check_target(file)
    with tempfile.TemporaryDirectory(prefix="kolmatch-backup-") as scratch:
        try:
            files = _snapshots(home, store, Path(scratch))
            files |= dict(_catalogue(home, Path(scratch)))
            files |= dict(_bundles(home, Path(scratch)))
            files |= {path.relative_to(home).as_posix(): path for path in sorted((home / "rights").glob("*.json"))}
            files |= {path.relative_to(home).as_posix(): path for path in _of_the_monthly_job(home)}
            with replacing(file) as fresh:
                _write_tar(fresh, files, report)
        except FileNotFoundError as error:
            raise CatalogueBusy(
                f"{error.filename} went away while it was copied: an import came in between. Run the backup again.",
                f"{error.filename} mất trong lúc sao lưu vì vừa có lần nhập mới. Hãy sao lưu lại.",
            ) from error
        except OSError as error:
            raise StoreError(
                f"Cannot write the backup {file}: {error.strerror}. Free disk space or choose another place.",
                f"Không ghi được bản sao lưu {file}: {error.strerror}. Hãy giải phóng ổ đĩa hoặc chọn nơi khác.",
            ) from error
    return _parts(files)


def _check_target(file: Path) -> None:
    if not file.parent.is_dir():
        raise InputRefused(
            f"The folder {file.parent} is not there. Is its disk mounted? Mount it, or make the folder, then back up.",
            f"Không có thư mục {file.parent}. Ổ đĩa đã được gắn chưa? Hãy gắn ổ hoặc tạo thư mục rồi sao lưu lại.",
        )
    if file.exists():
        raise InputRefused(
            f"{file} is there already, and a backup overwrites none. Choose another name, or remove that file first.",
            f"Đã có {file}; sao lưu không ghi đè bản cũ. Hãy chọn tên khác hoặc xóa tệp đó trước.",
        )


def read_backup(file: Path, home: Path, settings: StoreSettings, report: Report) -> list[str]:
    """Bring a backup back into a home folder that is empty or not there; the names of its parts.

    Raises:
        InputRefused: the home folder, or the database of the settings, holds something already.
        FileUnreadable: the file is no backup, or not what was written.
        StoreNewer: a later kolmatch wrote it.
    """
    if home.exists():
        _check_empty(home)
        home.rmdir()
    with new_folder(home) as fresh:
        names = _extract(file, fresh, report)
        _restore_store(fresh, settings)
    return _parts(names)


def _parts(names: Iterable[str]) -> list[str]:
    return sorted({name.partition("/")[0] for name in names})


def _snapshots(home: Path, store: Store, scratch: Path) -> dict[str, Path]:
    """Databases, each copied as it stands at one moment."""
    target = Store.at(f"sqlite:///{scratch / FILE_NAME}", busy_timeout_s=_BUSY_S)
    with contextlib.closing(target):
        schema.upgrade(target)
        copy_store(store, target)
    found = {FILE_NAME: scratch / FILE_NAME}
    if (home / _MLFLOW).exists():
        found[_MLFLOW] = scratch / "mlflow.db"
        with (
            contextlib.closing(sqlite3.connect(home / _MLFLOW)) as source,
            contextlib.closing(sqlite3.connect(found[_MLFLOW])) as copy,
        ):
            source.backup(copy)
    return found


def _catalogue(home: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Name in the backup and place of the catalogue's files; the pointer is written anew, as it may move on."""
    generation = current_or_none(home)
    if generation is not None:
        verify(generation)
        pointer = scratch / "CURRENT"
        pointer.write_text(generation.folder.name + "\n", encoding="ascii")
        yield "catalogue/CURRENT", pointer
        for path in sorted(generation.folder.iterdir()):
            yield path.relative_to(home).as_posix(), path


def _bundles(home: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Name in the backup and place of every model's files; the pointer as it was before they were listed."""
    bundles = home / "bundles"
    if (bundles / CHAMPION_FILE).exists():
        pointer = scratch / CHAMPION_FILE
        pointer.write_bytes((bundles / CHAMPION_FILE).read_bytes())
        yield f"bundles/{CHAMPION_FILE}", pointer
    for folder in local_bundles(home):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(home).as_posix(), path


def _of_the_monthly_job(home: Path) -> list[Path]:
    """What the monthly job keeps, its work folders left out."""
    files = [home / "golden-briefs.toml", *sorted((home / "retrain").glob("????-??/*"))]
    return [path for path in files if path.is_file()]


def _write_tar(target: Path, files: dict[str, Path], report: Report) -> None:
    hashes = {}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar, tempfile.TemporaryDirectory() as scratch:
        for done, (name, path) in enumerate(files.items(), start=1):
            tar.add(path, name, recursive=False)
            hashes[name] = sha256_of(path)
            report("backup", done, len(files))
        contents = Path(scratch) / CONTENTS
        contents.write_text(json.dumps({"format": FORMAT, "kolmatch": __version__, "files": hashes}, indent=2))
        tar.add(contents, CONTENTS)


def _extract(file: Path, folder: Path, report: Report) -> list[str]:
    """Unpack into a fresh folder, and hold every file against its hash."""
    try:
        with tarfile.open(file, "r:") as tar:
            tar.extractall(folder, filter="data")
        contents: dict[str, Any] = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        hashes: dict[str, str] = contents["files"]
        if contents["format"] != FORMAT:
            raise _no_backup(file, f"format {contents['format']}")
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise _no_backup(file, type(error).__name__) from error
    (folder / CONTENTS).unlink()
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if there != hashes.keys():
        raise _no_backup(file, min(there ^ hashes.keys()))
    for done, (name, expected) in enumerate(hashes.items(), start=1):
        if sha256_of(folder / name) != expected:
            raise _no_backup(file, name)
        report("restore", done, len(hashes))
    return list(hashes)


def _restore_store(home: Path, settings: StoreSettings) -> None:
    """The store's snapshot becomes the store: as the file it is, or copied into the database of the settings."""
    snapshot = Store.at(f"sqlite:///{home / FILE_NAME}", busy_timeout_s=_BUSY_S)
    with contextlib.closing(snapshot):
        schema.upgrade(snapshot)
        if not settings.url:
            return
        with contextlib.closing(Store.at(store_url(home, settings), busy_timeout_s=_BUSY_S)) as target:
            schema.upgrade(target)
            copy_store(snapshot, target)
    for path in home.glob(f"{FILE_NAME}*"):
        path.unlink()


def _check_empty(home: Path) -> None:
    if not home.is_dir() or any(home.iterdir()):
        raise InputRefused(
            f"{home} holds something already. Restore into an empty folder, then put it in place of the old one.",
            f"{home} đã có dữ liệu. Hãy khôi phục vào một thư mục trống rồi thay thư mục cũ.",
        )


def _no_backup(file: Path, why: str) -> FileUnreadable:
    return FileUnreadable(
        f"{file} is no whole backup of kolmatch: {why}. Nothing was restored. Take another copy of it.",
        f"{file} không phải bản sao lưu kolmatch nguyên vẹn: {why}. Chưa khôi phục gì. Hãy lấy bản sao khác.",
    )
