"""Which bundles stay: the live one and its neighbours, the newest, and whatever a kept shortlist refers to."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from kolmatch.errors import BundleError
from kolmatch.settings import RetrainSettings
from models.bundle_files import bundle_folder, champion_pointer, local_bundles
from models.rewriting import successor
from training.moves import way_back
from training.registry import CHALLENGER, CHAMPION, ModelVersion, Registry

_MONTH: Final = timedelta(days=30.44)  # a mean month; a day more or less does no harm


@dataclass(frozen=True, slots=True)
class Prunable:
    """A bundle that nobody needs any more: the versions that hold it (none for a stray copy), and its bytes here."""

    bundle_id: str
    versions: tuple[int, ...]
    bytes: int


def prunable(
    home: Path, registry: Registry, referred: Collection[str], settings: RetrainSettings, now: datetime
) -> list[Prunable]:
    """Bundles that may go.

    Args:
        home: holds the copies that answer.
        registry: all versions.
        referred: ids of bundles that kept shortlists were made with; they can be replayed only with these.
        settings: how many versions and months are kept.
        now: the present moment.

    Raises:
        RegistryError: MLflow cannot be reached.
    """
    versions = registry.versions()
    kept = _kept(home, registry, versions, referred, settings)
    before = now - settings.keep_months * _MONTH
    ids = {version.bundle_id: version for version in versions}.keys() | _copies_before(home, before)
    young = {version.bundle_id for version in versions if version.created_at > before}
    return [
        Prunable(one, tuple(v.version for v in versions if v.bundle_id == one), size_of(bundle_folder(home, one)))
        for one in sorted(ids - kept - young)
    ]


def prune(home: Path, registry: Registry, found: Sequence[Prunable]) -> None:
    """Remove bundles here and in MLflow; the record of their versions, with all figures, stays there.

    Raises:
        RegistryError: MLflow cannot be reached.
    """
    for one in found:
        registry.replace_bundle(one.bundle_id, None)
        shutil.rmtree(bundle_folder(home, one.bundle_id), ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes of all files under a folder; 0 when there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _kept(
    home: Path,
    registry: Registry,
    versions: Sequence[ModelVersion],
    referred: Collection[str],
    settings: RetrainSettings,
) -> set[str]:
    champion = next((one.version for one in versions if CHAMPION in one.aliases), None)
    earlier = way_back(registry.moves(), champion, {one.version for one in versions})
    newest = {one.version for one in versions[-settings.keep_versions :]}
    kept = {
        one.bundle_id
        for one in versions
        if {CHAMPION, CHALLENGER} & set(one.aliases) or one.version == earlier or one.version in newest
    }
    return kept | _pointed_to(home) | _with_successors(home, referred)


def _pointed_to(home: Path) -> set[str]:
    try:
        return {champion_pointer(home).bundle_id}
    except BundleError:
        return set()


def _with_successors(home: Path, referred: Collection[str]) -> set[str]:
    """Bundles, and those that took their place when somebody was erased."""
    rewritten = (successor(home, bundle_id) for bundle_id in referred)
    return {*referred, *(folder.name for folder in rewritten if folder)}


def _copies_before(home: Path, moment: datetime) -> set[str]:
    """Copies here that are older, registered or not."""
    return {path.name for path in local_bundles(home) if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment}
