"""Bundles at rest written again without a person. A bundle never changes: a new one takes its place and says so.

HOME/bundles/<new id>/erasures.json   for which requests it was rewritten, when, and from which bundle each time
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.static_encoder import StaticEncoder
from models.bundle import ENCODER_FOLDER, Contents, load_bundle, save_contents
from models.bundle_files import bundle_folder, local_bundles, settle, sweep, write_bundle
from models.erasure import without_creators

NOTES: Final = "erasures.json"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Why a bundle is not what was trained: the request, when (ISO 8601), and the bundle it was made from."""

    request_id: str
    at: str
    made_from: str


def rewritings(folder: Path) -> tuple[Rewriting, ...]:
    """For what a bundle was rewritten, the first time first; none for one as it was trained."""
    notes = folder / NOTES
    if not notes.is_file():
        return ()
    found: list[dict[str, Any]] = json.loads(notes.read_text(encoding="utf-8"))
    return tuple(Rewriting(**one) for one in found)


def successor(home: Path, bundle_id: str) -> Path | None:
    """The folder of the bundle that took a rewritten one's place, the last in line; None when it was not rewritten."""
    lines = [(folder, rewritings(folder)) for folder in local_bundles(home)]
    found = [(len(line), folder) for folder, line in lines if any(one.made_from == bundle_id for one in line)]
    return max(found)[1] if found else None


def holds(folder: Path, creator_id: str) -> bool:
    """Whether a bundle knows a creator; one that cannot be read may, and counts as if it did."""
    try:
        known = pl.read_parquet(folder / "creators.parquet", columns=["creator_id"])["creator_id"]
    except (OSError, pl.exceptions.PolarsError):
        return True
    return creator_id in known


def rewrite(home: Path, folder: Path, creator_id: str, *, request_id: str, at: str, said: Collection[str] = ()) -> Path:
    """Write a bundle again without a creator; the folder of the new one. The old one is left to be removed.

    `said` are words that nobody else wrote or said.

    Raises:
        BundleMissing, BundleDamaged, BundleFormat: it cannot be read, so it cannot be rewritten either.
        BundleError: the new one cannot be written.
    """
    manifest, contents = load_bundle(folder)
    notes = [*rewritings(folder), Rewriting(request_id, at, manifest.bundle_id)]
    fresh = bundle_folder(home, "fresh")
    sweep(fresh)
    changed = without_creators(contents, [creator_id], said)
    written = write_bundle(
        fresh,
        _filler(changed, folder / ENCODER_FOLDER, notes),
        created_month=manifest.created_month,
        synthetic=manifest.synthetic,
        trained_on=manifest.trained_on,
        settings=manifest.settings,
        metrics=manifest.metrics,
        lock_hash=manifest.lock_hash,
        code_sha256=manifest.code_sha256,
        seed=manifest.seed,
        weights_before=manifest.weights_before,
    )
    return settle(fresh, written.bundle_id)


def _filler(contents: Contents, encoder: Path, notes: list[Rewriting]) -> Callable[[Path], None]:
    def save_encoder(folder: Path) -> None:
        if isinstance(contents.encoder, StaticEncoder):
            from features.static_model import save_static  # brings torch with it

            save_static(contents.encoder, folder)
        else:
            shutil.copytree(encoder, folder, dirs_exist_ok=True)

    def fill(folder: Path) -> None:
        save_contents(contents, folder, save_encoder)
        (folder / NOTES).write_text(json.dumps([asdict(one) for one in notes], indent=2) + "\n", encoding="utf-8")

    return fill
