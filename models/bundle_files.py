"""A model bundle at rest: a folder of data with the SHA-256 of every file, and the pointer to the live one.

    HOME/bundles/<bundle_id>/manifest.json   what the bundle is, and what its files must be
    HOME/bundles/<bundle_id>/...             encoder, index, tables: data, never code
    HOME/bundles/CHAMPION                    which bundle answers now

Standard library and pydantic only, so that a serving process finds and checks its model without MLflow.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from kolmatch import __version__
from kolmatch.errors import BundleDamaged, BundleError, BundleFormat, BundleMissing
from kolmatch.files import new_folder, replacing, sha256_of, sync

FORMAT_VERSION: Final = 8
MANIFEST: Final = "manifest.json"
CHAMPION_FILE: Final = "CHAMPION"
ID_LENGTH: Final = 12  # 48 bits: a chance of 1 in 10^8 that two of 2,000 bundles share an id
_ID: Final = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
_CHECKSUM: Final = "manifest_sha256"

# Code, and formats that run code when they are opened. A bundle may come from another machine.
CODE_SUFFIXES: Final = frozenset(
    {".py", ".pyc", ".pyd", ".so", ".dll", ".exe", ".sh", ".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt"}
)
# `.bin` is any binary file; torch.save writes a zip of pickles or a bare pickle (protocols 2 to 5) under that name.
_PICKLE_STARTS: Final = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is. `files` maps relative path to hex SHA-256; `trained_on` maps data set to its hash.

    `lock_hash` is of the installed distributions, `code_sha256` of our own sources. `weights_before` is a moment: the
    mixing weights were learned from what was published before it; empty: from everything.

    `bundle_id` is made from names and contents of the files alone: two trainings that end in the same bytes share it.
    """

    format_version: int
    bundle_id: str
    created_month: str
    kolmatch_version: str
    synthetic: bool
    trained_on: dict[str, str]
    settings: dict[str, Any]
    metrics: dict[str, float]
    files: dict[str, str]
    lock_hash: str
    code_sha256: str
    seed: int
    weights_before: str = ""


@dataclass(frozen=True, slots=True)
class Champion:
    """The bundle that answers now: its folder and its version number in the registry."""

    bundle_id: str
    version: int
    folder: Path


def write_bundle(
    target: Path,
    fill: Callable[[Path], None],
    *,
    created_month: str,
    synthetic: bool,
    trained_on: Mapping[str, str],
    settings: Mapping[str, Any],
    metrics: Mapping[str, float],
    lock_hash: str,
    code_sha256: str,
    seed: int,
    weights_before: str = "",
) -> Manifest:
    """Let `fill` write a bundle's files into a fresh folder, hash them, and put the folder at `target` in one step.

    A crash at any point leaves `target` as it was; an error also leaves nothing behind.

    Raises:
        BundleError: `target` is there already (a bundle is never changed in place), or a file could not be written.
        BundleDamaged: `fill` wrote a link or a file that may hold code.
    """
    if target.exists():
        raise _there_already(target)
    try:
        with new_folder(target) as folder:
            fill(folder)
            files = {name: sha256_of(folder / name) for name in _data_files(folder)}
            manifest = Manifest(
                format_version=FORMAT_VERSION,
                bundle_id=_content_id(files),
                created_month=created_month,
                kolmatch_version=__version__,
                synthetic=synthetic,
                trained_on=dict(trained_on),
                settings=dict(settings),
                metrics=dict(metrics),
                files=files,
                lock_hash=lock_hash,
                code_sha256=code_sha256,
                seed=seed,
                weights_before=weights_before,
            )
            (folder / MANIFEST).write_bytes(_rendered(asdict(manifest)))
    except OSError as error:
        raise _not_written(target, error) from error
    return read_manifest(target)


def read_manifest(folder: Path) -> Manifest:
    """Read what a bundle says it is, without looking at its other files.

    Raises:
        BundleMissing: there is no bundle in `folder`.
        BundleDamaged: the manifest is not, byte for byte, what was written.
        BundleFormat: the bundle was written in another format version.
    """
    values = _parsed(folder)
    if values.get("format_version") != FORMAT_VERSION:
        raise _other_format(folder, values.get("format_version"))
    try:
        manifest = TypeAdapter(Manifest).validate_python(values)
    except ValidationError as error:
        raise _damaged(folder, MANIFEST, "has wrong fields", "có trường sai") from error
    if manifest.bundle_id != _content_id(manifest.files):
        raise _damaged(folder, MANIFEST, "does not belong to its files", "không khớp với các tệp")
    return manifest


def verify(folder: Path) -> Manifest:
    """Check that every file of a bundle is there, none besides, each as it was written, and none of them code.

    Raises:
        BundleMissing: there is no bundle in `folder`.
        BundleDamaged: a file is missing, extra, changed, a link, or may hold code; the message names it.
        BundleFormat: the bundle was written in another format version.
    """
    try:
        return _verified(folder)
    except OSError as error:
        name = Path(error.filename or folder).name
        raise _damaged(
            folder, name, f"cannot be read ({error.strerror})", f"không đọc được ({error.strerror})"
        ) from error


def is_bundle_id(name: str) -> bool:
    """Whether a bundle may have this id."""
    return _ID.fullmatch(name) is not None


def bundle_folder(home: Path, bundle_id: str) -> Path:
    """Where the verified local copy of a bundle lives."""
    return home / "bundles" / bundle_id


def local_bundles(home: Path) -> list[Path]:
    """Folders of all bundles under a home folder, by id; what cut-off runs left beside them is none."""
    folder = home / "bundles"
    return sorted(path for path in folder.iterdir() if is_bundle_id(path.name)) if folder.is_dir() else []


def settle(fresh: Path, bundle_id: str) -> Path:
    """Give a bundle its own name beside its present one; the same bundle made before stays if whole, the copy goes.

    Raises:
        BundleError: the folder cannot be changed.
    """
    final = fresh.with_name(bundle_id)
    try:
        if is_whole(final, bundle_id):
            shutil.rmtree(fresh)
        else:
            _put(fresh, final)
    except OSError as error:
        raise _not_written(final, error) from error
    return final


def install_bundle(home: Path, bundle_id: str, provide: Callable[[Path], None]) -> Path:
    """Have `bundle_id` whole under HOME/bundles and return its folder; `provide` is called only when it is not.

    `provide` copies the bundle, manifest included, into the empty folder it is given. A damaged copy is replaced only
    after the new one was verified. One caller at a time: hold the registry's lock.

    Raises:
        BundleError: the copy could not be written.
        BundleDamaged: what was provided is not the bundle asked for.
        BundleFormat: what was provided is in another format version.
    """
    target = bundle_folder(home, bundle_id)
    if is_whole(target, bundle_id):
        return target
    arriving = target.with_name(f"{bundle_id}.arriving")
    try:
        sweep(arriving)
        with new_folder(arriving) as folder:
            provide(folder)
            _check_is(folder, bundle_id)
        _put(arriving, target)
    except OSError as error:
        raise _not_written(target, error) from error
    return target


def _put(arriving: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    arriving.rename(target)
    sync(target.parent)


def champion_pointer(home: Path) -> Champion:
    """Which local bundle answers now.

    Raises:
        BundleMissing: no model was trained, or the bundle that is pointed to is gone.
        BundleDamaged: the pointer is not what was written.
    """
    pointer = home / "bundles" / CHAMPION_FILE
    try:
        values = json.loads(pointer.read_bytes())
    except FileNotFoundError as error:
        raise _no_champion(home) from error
    except (OSError, ValueError) as error:
        raise _pointer_damaged(pointer) from error
    match values:
        case {"bundle_id": str(bundle_id), "version": int(version)} if _ID.fullmatch(bundle_id):
            folder = bundle_folder(home, bundle_id)
        case _:
            raise _pointer_damaged(pointer)
    if not folder.is_dir():
        raise _missing(folder)
    return Champion(bundle_id, version, folder)


def point_champion(home: Path, bundle_id: str, version: int) -> Champion:
    """Make the local bundle `bundle_id` the one that answers, in one step.

    Raises:
        BundleMissing, BundleDamaged, BundleFormat: the bundle is not under HOME/bundles, or cannot be read.
    """
    folder = bundle_folder(home, bundle_id)
    read_manifest(folder)
    with replacing(folder.parent / CHAMPION_FILE) as fresh:
        fresh.write_text(json.dumps({"bundle_id": bundle_id, "version": version}) + "\n", encoding="utf-8")
    return Champion(bundle_id, version, folder)


def content_sha256(files: Mapping[str, str]) -> str:
    """Hex SHA-256 over names and hashes of a bundle's files; `bundle_id` is its beginning."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _content_id(files: Mapping[str, str]) -> str:
    return content_sha256(files)[:ID_LENGTH]


def _rendered(values: Mapping[str, Any]) -> bytes:
    """The one spelling of a manifest: whatever differs from it, by a single byte, is not what was written."""
    body = {key: value for key, value in values.items() if key != _CHECKSUM}
    body[_CHECKSUM] = hashlib.sha256(_json(body)).hexdigest()
    return _json(body)


def _json(values: Mapping[str, Any]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return text.encode() + b"\n"


def _parsed(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.exists() and not path.is_symlink():
        raise _missing(folder)
    try:
        if path.is_symlink():
            raise ValueError
        raw = path.read_bytes()
        values = json.loads(raw)
        if not isinstance(values, dict) or _rendered(values) != raw:
            raise ValueError
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, MANIFEST, "is not what was written", "không còn như lúc được ghi") from error
    return values


def _data_files(folder: Path) -> list[str]:
    """Relative names of all files of a bundle but the manifest, sorted.

    Raises:
        BundleDamaged: something is a link, not a plain file, or may hold code.
    """
    names = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise _damaged(folder, name, "is a link or not a plain file", "là liên kết hoặc không phải tệp thường")
        if path.is_dir() or name == MANIFEST:
            continue
        if _may_hold_code(path):
            raise _damaged(folder, name, "may hold code, and a bundle is data only", "có thể chứa mã chương trình")
        names.append(name)
    return names


def _may_hold_code(path: Path) -> bool:
    if path.suffix.lower() == ".bin":
        with path.open("rb") as file:
            return file.read(4).startswith(_PICKLE_STARTS)
    return path.suffix.lower() in CODE_SUFFIXES


def _verified(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    present = set(_data_files(folder))
    if missing := sorted(manifest.files.keys() - present):
        raise _damaged(folder, missing[0], "is missing", "bị thiếu")
    if extra := sorted(present - manifest.files.keys()):
        raise _damaged(folder, extra[0], "does not belong there", "không thuộc mô hình")
    for name, expected in manifest.files.items():
        if sha256_of(folder / name) != expected:
            raise _damaged(folder, name, "was changed", "đã bị thay đổi")
    return manifest


def is_whole(folder: Path, bundle_id: str) -> bool:
    """Whether a folder holds the bundle asked for, every file as its manifest says."""
    try:
        _check_is(folder, bundle_id)
    except BundleError:
        return False
    return True


def _check_is(folder: Path, bundle_id: str) -> None:
    found = verify(folder).bundle_id
    if found != bundle_id:
        raise _damaged(folder, MANIFEST, f"is of {found}, not of {bundle_id}", f"thuộc {found}, không phải {bundle_id}")


def sweep(arriving: Path) -> None:
    """Remove what earlier copies left behind that were cut off."""
    for left in (arriving, *arriving.parent.glob(f".{arriving.name}.*.new")):
        if left.exists():
            shutil.rmtree(left)


def _missing(folder: Path) -> BundleMissing:
    return BundleMissing(
        f"There is no model bundle in {folder}. Train one with `kolmatch train`, or check --home.",
        f"Không có mô hình trong {folder}. Hãy chạy `kolmatch train`, hoặc kiểm tra --home.",
    )


def _no_champion(home: Path) -> BundleMissing:
    return BundleMissing(
        f"No model is live under {home}. Train one with `kolmatch train`, or check --home.",
        f"Chưa có mô hình nào đang dùng trong {home}. Hãy chạy `kolmatch train`, hoặc kiểm tra --home.",
    )


def _damaged(folder: Path, name: str, en: str, vi: str) -> BundleDamaged:
    return BundleDamaged(
        f"The model bundle {folder} is damaged: {name} {en}. Delete the folder: "
        "a registered version is copied again when it is next used; `kolmatch train` makes a new one.",
        f"Mô hình {folder} bị hỏng: {name} {vi}. Hãy xóa thư mục này: "
        "phiên bản đã đăng ký sẽ được chép lại khi dùng tới; `kolmatch train` tạo mô hình mới.",
    )


def _pointer_damaged(pointer: Path) -> BundleDamaged:
    return BundleDamaged(
        f"The file {pointer} is damaged and no longer says which model is live. Delete it and promote a version again.",
        f"Tệp {pointer} bị hỏng, không còn cho biết mô hình nào đang dùng. Hãy xóa tệp và chọn lại một phiên bản.",
    )


def _other_format(folder: Path, found: object) -> BundleFormat:
    return BundleFormat(
        f"The model bundle {folder} has format version {found}; this kolmatch {__version__} reads {FORMAT_VERSION}. "
        "Train again with `kolmatch train`, or install the kolmatch that wrote it.",
        f"Mô hình {folder} có phiên bản định dạng {found}; kolmatch {__version__} đọc phiên bản {FORMAT_VERSION}. "
        "Hãy chạy lại `kolmatch train`, hoặc cài bản kolmatch đã tạo ra mô hình.",
    )


def _there_already(target: Path) -> BundleError:
    return BundleError(
        f"There is a model bundle in {target} already, and a bundle is never changed in place. Choose another.",
        f"Đã có mô hình trong {target}, và mô hình không bao giờ bị sửa tại chỗ. Hãy ghi vào thư mục khác.",
    )


def _not_written(target: Path, error: OSError) -> BundleError:
    return BundleError(
        f"Cannot write the model bundle {target}: {error}. Free disk space or correct the permissions, then repeat.",
        f"Không ghi được mô hình {target}: {error}. Hãy giải phóng ổ đĩa hoặc sửa quyền ghi, rồi làm lại.",
    )
