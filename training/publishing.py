"""Train, then record and register: what `kolmatch train` does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from kolmatch.settings import Settings
from models.bundle_files import read_manifest
from models.preferences import DecidedList
from training.pipeline import Progress, train
from training.registry import ModelVersion, Registry


def train_and_publish(
    home: Path,
    settings: Settings,
    *,
    month: str,
    warm_start: Sequence[Path] = (),
    opted_out: Collection[str] = (),
    decided: Sequence[DecidedList] = (),
    progress: Progress,
) -> ModelVersion:
    """Make a bundle and register it with its parameters, metrics and data-set hashes.

    Raises:
        CatalogueError, TooLittleData, FileUnreadable: see `training.pipeline.train`.
        RegistryError: MLflow cannot be reached; the bundle stays under the home folder.
    """
    bundle = train(
        *(home, settings),
        month=month,
        warm_start=warm_start,
        opted_out=opted_out,
        decided=decided,
        progress=progress,
    )
    manifest = read_manifest(bundle)
    progress("register", 0, 1)
    version = Registry.open(home, settings.registry).publish(
        bundle,
        params=flat(manifest.settings) | {"month": month, "seed": manifest.seed},
        metrics=manifest.metrics,
        datasets=manifest.trained_on,
    )
    progress("register", 1, 1)
    return version


def flat(settings: dict[str, object], prefix: str = "") -> dict[str, str | int | float]:
    """Nested settings as `section.key` names."""
    found: dict[str, str | int | float] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, (int, float)) else str(value)
    return found
