"""What `kolmatch doctor` looks at: each check says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kolmatch.errors import BundleError, BundleMissing, CatalogueEmpty, KolmatchError

if TYPE_CHECKING:
    from kolmatch.settings import Settings

OLDEST_PYTHON: Final = (3, 11)
FIRST_UNTRIED_PYTHON: Final = (3, 14)
# What trains, or talks to MLflow. A service with the default encoder answers without: a third of the size.
TRAINING_ALONE: Final = frozenset(
    {"torch", "sentence-transformers", "tokenizers", "scikit-learn", "threadpoolctl", "mlflow"}
)
# A pinned requirement: name, extras, "==version". What only developers need ends in "extra ==" and is not looked at.
_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^;\s]+)(?!.*extra ==)")


class Verdict(Enum):
    """How a check ended: (Vietnamese, English)."""

    GOOD = ("tốt", "good")
    NOTE = ("lưu ý", "note")
    BAD = ("lỗi", "wrong")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the report. `subject`, `en` and `vi` are sentences a person reads."""

    subject: str
    verdict: Verdict
    en: str
    vi: str


def examine(home: Path, settings: Settings) -> Iterator[Finding]:
    """Check the installation, then the home folder, the store and what is in them, then the port; one finding each."""
    yield check_python(sys.version_info[:2])
    yield check_packages(_requirements(), _installed)
    yield check_training(_installed)
    yield check_home(home)
    yield check_catalogue(home)
    yield check_model(home)
    yield check_registry(home, settings, _installed)
    yield check_store(home, settings)
    yield check_port(settings.serving.host, settings.serving.port)


def check_python(version: tuple[int, ...]) -> Finding:
    """Whether this Python is one that kolmatch is tested on."""
    found = ".".join(map(str, version))
    if OLDEST_PYTHON <= version < FIRST_UNTRIED_PYTHON:
        return Finding("Python", Verdict.GOOD, found, found)
    return Finding(
        "Python",
        Verdict.BAD,
        f"{found} is not supported. Install Python 3.11, 3.12 or 3.13.",
        f"Không hỗ trợ {found}. Hãy cài Python 3.11, 3.12 hoặc 3.13.",
    )


def check_packages(requirements: list[str], installed: Callable[[str], str | None]) -> Finding:
    """Whether every pinned package that serving needs is there, and each that is there in its pinned version.

    `installed` gives a package's version.
    """
    pins = [match for line in requirements if (match := _PIN.match(line))]
    pins = [pin for pin in pins if pin["name"] not in TRAINING_ALONE or installed(pin["name"])]
    if not pins:
        return Finding(
            "Gói · Packages",
            Verdict.NOTE,
            "kolmatch runs from its source folder; run `make setup` to check versions.",
            "kolmatch chạy từ thư mục mã nguồn; hãy chạy `make setup` để kiểm tra phiên bản.",
        )
    wrong = [
        f"{pin['name']} {found or '∅'} ≠ {pin['version']}"
        for pin in pins
        if _public(found := installed(pin["name"])) != pin["version"]
    ]
    if not wrong:
        return Finding("Gói · Packages", Verdict.GOOD, f"{len(pins)} as pinned", f"{len(pins)} gói đúng phiên bản")
    listed = ", ".join(wrong)
    return Finding("Gói · Packages", Verdict.BAD, f"{listed}. Run `make setup`.", f"{listed}. Hãy chạy `make setup`.")


def check_training(installed: Callable[[str], str | None]) -> Finding:
    """Whether this installation can train too; one that only serves need not."""
    subject = "Huấn luyện · Training"
    missing = ", ".join(name for name in sorted(TRAINING_ALONE) if installed(name) is None)
    if not missing:
        return Finding(subject, Verdict.GOOD, "installed", "đã cài")
    return Finding(
        subject,
        Verdict.NOTE,
        f"Not installed: {missing}. Serving does not need them; to train here, run `make setup`.",
        f"Chưa cài: {missing}. Phục vụ thì không cần; muốn huấn luyện tại đây, hãy chạy `make setup`.",
    )


def check_home(home: Path) -> Finding:
    """Whether a file can be written into the home folder, or the folder can be made."""
    subject = "Thư mục · Home"
    existing = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding(subject, Verdict.GOOD, f"{home} is writable", f"Ghi được vào {home}")
    except OSError as error:
        return Finding(
            subject,
            Verdict.BAD,
            f"Cannot write into {existing}: {error}. Correct its permissions, or choose --home.",
            f"Không ghi được vào {existing}: {error}. Hãy sửa quyền ghi hoặc chọn --home khác.",
        )


def check_catalogue(home: Path) -> Finding:
    """Whether the imported tables are there and whole, and no two ids differ only by capital letters."""
    from data.catalogue import Catalogue

    subject = "Dữ liệu · Catalogue"
    try:
        catalogue = Catalogue.open(home)
        catalogue.verify()
        alike = catalogue.alike()
    except CatalogueEmpty as error:
        return Finding(subject, Verdict.NOTE, error.en, error.vi)
    except KolmatchError as error:
        return Finding(subject, Verdict.BAD, error.en, error.vi)
    if alike:
        from kolmatch.cli.catalogue import shown_alike

        shown = shown_alike(alike)
        return Finding(
            subject,
            Verdict.NOTE,
            f"whole; ids differ only by capital letters, maybe one person each: {shown}. An opt-out of one is none of "
            "the other: write them the same in the files and import again.",
            f"nguyên vẹn; có mã chỉ khác nhau ở chữ hoa, có thể là một người: {shown}. Từ chối của mã này không áp "
            "dụng cho mã kia: hãy sửa cho thống nhất rồi nhập lại.",
        )
    return Finding(subject, Verdict.GOOD, "whole", "nguyên vẹn")


def check_model(home: Path) -> Finding:
    """Whether a model is live, and every file of it as it was written."""
    from models.bundle_files import CHAMPION_FILE, champion_pointer, verify

    subject = "Mô hình · Model"
    try:
        champion = champion_pointer(home)
        manifest = verify(champion.folder)
    except BundleMissing as error:  # none was ever live, or the one that should be is gone
        lost = (home / "bundles" / CHAMPION_FILE).exists()
        return Finding(subject, Verdict.BAD if lost else Verdict.NOTE, error.en, error.vi)
    except KolmatchError as error:
        return Finding(subject, Verdict.BAD, error.en, error.vi)
    text = f"{manifest.bundle_id} · {manifest.created_month}"
    return Finding(subject, Verdict.GOOD, f"{text}, whole", f"{text}, nguyên vẹn")


def check_registry(home: Path, settings: Settings, installed: Callable[[str], str | None]) -> Finding:
    """Whether MLflow still knows the live model; a service alone does not ask it."""
    from models.bundle_files import champion_pointer

    subject = "Các phiên bản · Registry"
    if installed("mlflow") is None:
        return Finding(subject, Verdict.NOTE, "not looked at without MLflow", "không có MLflow nên không kiểm tra")
    from training.registry import Registry

    try:
        versions = Registry.open(home, settings.registry).versions()
        champion = champion_pointer(home)
    except BundleError:  # what the model's own check tells
        return Finding(subject, Verdict.NOTE, "no live model", "chưa có mô hình đang dùng")
    except KolmatchError as error:
        return Finding(subject, Verdict.BAD, error.en, error.vi)
    if any((version.version, version.bundle_id) == (champion.version, champion.bundle_id) for version in versions):
        found = len(versions)
        return Finding(subject, Verdict.GOOD, f"{found} versions, the live one among them", f"{found} phiên bản")
    return Finding(
        subject,
        Verdict.BAD,
        f"MLflow does not know the live version {champion.version} ({champion.bundle_id}). Restore a backup, or train.",
        f"MLflow không biết phiên bản đang dùng {champion.version} ({champion.bundle_id}). Hãy khôi phục bản sao lưu "
        "hoặc huấn luyện lại.",
    )


def check_store(home: Path, settings: Settings) -> Finding:
    """Whether the store can be read; nothing is made or changed here."""
    from serving.store import schema
    from serving.store.database import FILE_NAME, Store, store_url

    subject = "Kho lưu trữ · Store"
    if not settings.store.url and not (home / FILE_NAME).exists():
        return Finding(
            subject,
            Verdict.NOTE,
            f"There is no {FILE_NAME} yet: no brief, decision or opt-out is kept here. It is made when first needed; "
            "if there was one, restore a backup before anything else.",
            f"Chưa có {FILE_NAME}: chưa lưu yêu cầu, quyết định hay đề nghị rút tên nào. Tệp được tạo khi cần; nếu "
            "trước đây đã có, hãy khôi phục bản sao lưu trước khi làm việc khác.",
        )
    try:
        store = Store.at(store_url(home, settings.store), busy_timeout_s=settings.store.busy_timeout_s)
        with contextlib.closing(store):
            found = schema.current(store)
            schema.check_known(found)
    except KolmatchError as error:
        return Finding(subject, Verdict.BAD, error.en, error.vi)
    if found == schema.newest():
        return Finding(subject, Verdict.GOOD, f"schema {found}", f"phiên bản {found}")
    return Finding(
        subject,
        Verdict.NOTE,
        f"schema {found}, to be upgraded: `kolmatch db upgrade`",
        f"phiên bản {found}, cần nâng cấp: `kolmatch db upgrade`",
    )


def check_port(host: str, port: int) -> Finding:
    """Whether `kolmatch serve` could listen where the settings say."""
    try:
        with socket.create_server((host, port)):
            return Finding("Cổng · Port", Verdict.GOOD, f"{host}:{port} is free", f"{host}:{port} còn trống")
    except OSError as error:
        return Finding(
            "Cổng · Port",
            Verdict.NOTE,
            f"{host}:{port} cannot be listened on ({error}). Stop what uses it, or set serving.port.",
            f"Không mở được {host}:{port} ({error}). Hãy dừng chương trình đang dùng, hoặc đổi serving.port.",
        )


def _requirements() -> list[str]:
    try:
        return importlib.metadata.requires("kolmatch") or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _public(version: str | None) -> str | None:
    """A version without its local part: "2.13.0+cpu" is 2.13.0 (PEP 440)."""
    return version.partition("+")[0] if version else None
