"""A registered version made again from what its manifest names, and held against itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from data import generations
from data.catalogue import Catalogue, copy_month, copy_until
from kolmatch.errors import RetrainError, UsageError
from kolmatch.files import sha256_of
from kolmatch.settings import MatcherSettings, Settings
from models.bundle_files import Manifest, read_manifest
from models.matcher import Matcher
from models.preferences import DecidedList
from training.monthly.calendar import month_end
from training.monthly.golden import GoldenBriefs
from training.monthly.lists import TOP, briefs_to_ask
from training.pipeline import DECISIONS, Learned, Training, alone, inputs
from training.provenance import code_sha256, installed_sha256
from training.registry import Registry

Progress = Callable[[str, int, int], None]

LEAST_OVERLAP: Final = 0.99  # of the first twenty, where other processors add numbers in another order
_FOLDER: Final = "reproduction"  # under the home folder, with all that is personal, while it runs
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A version made again.

    Attributes:
        version, bundle_id: what was asked for; `made` is the id of what was made now.
        overlap: mean share of the first twenty places held by the same creators, over `asked` briefs.
        same_code, same_packages: whether our sources and the installed packages are those of then.
    """

    version: int
    bundle_id: str
    made: str
    overlap: float
    asked: int
    same_code: bool
    same_packages: bool

    @property
    def identical(self) -> bool:
        """Whether every byte is the same, and so every ranking."""
        return self.made == self.bundle_id


@dataclass(frozen=True, slots=True)
class Again:
    """What is to be made again.

    Attributes:
        asked: number or alias of the version.
        warm_start: the files that it was made with.
        gone: creators whom no answer may name.
        decided: all lists that staff decided on; those that it learned from are found by their hash.
    """

    asked: str
    warm_start: Sequence[Path]
    gone: Sequence[str]
    decided: Sequence[DecidedList]


def reproduce(home: Path, settings: Settings, again: Again, progress: Progress) -> Reproduced:
    """Make a version, named by number or alias, again from the catalogue as it was then.

    Args:
        home: holds catalogue and registry; a folder for the copy is made there and goes again.
        settings: of this process; those that make a bundle are the version's own.
        again: which version, and with what.
        progress: called with (stage, done, in all).

    Raises:
        RetrainError: the catalogue that it was made from is no longer kept; the message names the tables.
        UsageError: the warm-start files are not those of then.
        TrainingBusy: a training of this home folder is running.
        BundleError: there is no such version, or its bundle is damaged.
    """
    registry = Registry.open(home, settings.registry)
    version = registry.version(again.asked)
    folder = registry.fetch(str(version.version))
    manifest = read_manifest(folder)
    _check_warm_start(manifest, again.warm_start)
    with alone(home), _scratch(home) as scratch:
        catalogue = _as_it_was(home, manifest, scratch)
        own = Settings.model_validate(manifest.settings)
        decided = _as_decided(catalogue, manifest, again.decided)
        learned = _learned_before(catalogue, scratch / "past", manifest, again, progress)
        training = Training.read(scratch, own, again.warm_start, again.gone, progress)
        made = training.write(learned or training.learn_weights(), manifest.created_month, decided)
        overlap, briefs = _overlap(catalogue, folder, made, own.matcher)
        return Reproduced(
            version=version.version,
            bundle_id=manifest.bundle_id,
            made=read_manifest(made).bundle_id,
            overlap=overlap,
            asked=briefs,
            same_code=manifest.code_sha256 == code_sha256(),
            same_packages=manifest.lock_hash == installed_sha256(),
        )


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    folder = home / _FOLDER
    try:
        shutil.rmtree(folder, ignore_errors=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_warm_start(manifest: Manifest, given: Sequence[Path]) -> None:
    files = [name for name in manifest.trained_on if name.startswith("warm_start/")]
    wanted = sorted(files, key=lambda name: int(name.split("/")[1]))
    if [manifest.trained_on[name] for name in wanted] != [sha256_of(file) for file in given]:
        names = ", ".join(wanted) or "-"
        raise UsageError(
            f"The version was made with other warm-start files: {names}. Give just those with --warm-start.",
            f"Phiên bản được tạo với các tệp khởi động khác: {names}. Hãy đưa đúng các tệp đó bằng --warm-start.",
        )


def _as_it_was(home: Path, manifest: Manifest, scratch: Path) -> Catalogue:
    """The catalogue of then in a folder of its own: a kept generation, whole or up to the end of the month."""
    wanted = {name: digest for name, digest in manifest.trained_on.items() if "/" not in name}
    differing: list[str] = []
    for generation in generations.kept(home):
        for end in (_ALWAYS, month_end(manifest.created_month).astimezone(UTC)):
            shutil.rmtree(scratch, ignore_errors=True)
            found = copy_month(Catalogue(generation), end, scratch)
            if found.hashes() == wanted:
                return found
            differing = [n for n in {**wanted, **found.hashes()} if found.hashes().get(n) != wanted.get(n)]
    tables = ", ".join(sorted(differing)) or "all"
    raise RetrainError(
        f"The catalogue that bundle {manifest.bundle_id} was made from is no longer kept: {tables} changed since. "
        f"Restore a backup of {manifest.created_month} into another home folder and run this there.",
        f"Kho dữ liệu dùng để tạo gói {manifest.bundle_id} không còn: {tables} đã thay đổi. Hãy khôi phục bản sao lưu "
        f"của tháng {manifest.created_month} vào một thư mục khác rồi chạy lại ở đó.",
    )


def _learned_before(
    catalogue: Catalogue, home: Path, manifest: Manifest, again: Again, progress: Progress
) -> Learned | None:
    """What the monthly job's candidate learned then, made again under `home`; None where there was none."""
    if not manifest.weights_before:
        return None
    moment, settings = datetime.fromisoformat(manifest.weights_before), Settings.model_validate(manifest.settings)
    copy_until(catalogue, moment, home)
    training = Training.read(home, settings, again.warm_start, again.gone, progress)
    return replace(training.learn_weights(), before=moment)


def _as_decided(catalogue: Catalogue, manifest: Manifest, decided: Sequence[DecidedList]) -> Sequence[DecidedList]:
    """The lists that the version learned from: all that were decided on before some moment."""
    wanted = manifest.trained_on.get(DECISIONS)
    ordered = sorted(decided, key=lambda one: one.decided_at)
    for count in range(len(ordered), -1, -1):
        if inputs(catalogue, (), ordered[:count]).get(DECISIONS) == wanted:
            return ordered[:count]
    raise RetrainError(
        f"The decisions that bundle {manifest.bundle_id} learned from are no longer as they were. Restore a backup of "
        f"{manifest.created_month} into another home folder and run this there.",
        f"Các quyết định mà gói {manifest.bundle_id} đã học không còn như lúc đó. Hãy khôi phục bản sao lưu của tháng "
        f"{manifest.created_month} vào một thư mục khác rồi chạy lại ở đó.",
    )


def _overlap(catalogue: Catalogue, first: Path, second: Path, settings: MatcherSettings) -> tuple[float, int]:
    briefs = briefs_to_ask(catalogue, GoldenBriefs())
    sides = [Matcher.load(folder, settings).rank(briefs, TOP) for folder in (first, second)]
    shares = [
        len({creator for creator, _ in one} & {creator for creator, _ in other}) / max(len(one), 1)
        for one, other in zip(*sides, strict=True)
    ]
    return float(np.mean(shares)) if shares else 1.0, len(shares)
