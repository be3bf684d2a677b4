"""A person taken out of every model: bundles under the home folder, their copies in MLflow, and who answers now."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from data.erasure import Erased
from kolmatch.errors import BundleDamaged, BundleError, BundleFormat, BundleMissing
from kolmatch.settings import Settings
from models.bundle_files import (
    champion_pointer,
    content_sha256,
    is_bundle_id,
    local_bundles,
    point_champion,
    read_manifest,
)
from models.rewriting import holds, rewrite
from training.monthly.erasing import erase_from_reports
from training.pipeline import alone
from training.registry import Registry

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Erasing:
    """Whose erasure, for which request, when, and the words that nobody else wrote or said."""

    creator_id: str
    request_id: str
    at: datetime
    words: tuple[str, ...] = ()


def erase_from_models(home: Path, settings: Settings, erasing: Erasing, report: Report) -> Iterator[Erased]:
    """Rewrite every bundle that knows the person, here and in MLflow; one that nobody can read any more is removed.

    Each is told as soon as it is done.

    Raises:
        TrainingBusy: a training is running, whose bundle would know the person.
        RegistryError: MLflow cannot be reached; run it again then.
        BundleError: a bundle cannot be written.
    """
    registry = Registry.open(home, settings.registry)
    with alone(home):
        registry.bring_home(partial(holds, creator_id=erasing.creator_id))
        _sweep(home / "bundles")
        folders = [folder for folder in local_bundles(home) if holds(folder, erasing.creator_id)]
        for done, folder in enumerate(folders):
            report("models", done, len(folders))
            yield _replaced(home, registry, folder, erasing)
        report("models", len(folders), max(len(folders), 1))
        yield from erase_from_reports(home, registry, erasing.creator_id)


def _sweep(bundles: Path) -> None:
    """Remove everything that cut-off runs left beside the bundles."""
    for left in bundles.iterdir() if bundles.is_dir() else ():
        if left.is_dir() and not is_bundle_id(left.name):
            shutil.rmtree(left)


def _replaced(home: Path, registry: Registry, folder: Path, erasing: Erasing) -> Erased:
    """Put a rewritten bundle in the place of one, wherever the old one stands, then remove that."""
    before, old_id = _content(folder), folder.name
    try:
        new = rewrite(
            home,
            folder,
            erasing.creator_id,
            request_id=erasing.request_id,
            at=erasing.at.isoformat(timespec="seconds"),
            said=erasing.words,
        )
    except (BundleMissing, BundleDamaged, BundleFormat):
        registry.replace_bundle(old_id, None)
        shutil.rmtree(folder)
        return Erased(f"bundles/{old_id}", before, None, 1)
    registry.replace_bundle(old_id, new)
    if _champion(home) == old_id:
        point_champion(home, new.name, champion_pointer(home).version)
    shutil.rmtree(folder)
    return Erased(f"bundles/{old_id} -> bundles/{new.name}", before, _content(new), 1)


def _champion(home: Path) -> str | None:
    try:
        return champion_pointer(home).bundle_id
    except BundleMissing:
        return None


def _content(folder: Path) -> str | None:
    try:
        return content_sha256(read_manifest(folder).files)
    except BundleError:
        return None
