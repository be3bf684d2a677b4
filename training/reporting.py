"""Evaluate a version, write the report, and keep it with the version's run: what `kolmatch evaluate` does."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kolmatch.files import replacing
from kolmatch.settings import Settings
from training.assessment import Assessment, Progress, assess
from training.page import page
from training.registry import Registry

PAGE_FILE: Final = "evaluation.html"
FIGURES_FILE: Final = "evaluation.json"


def evaluate(
    home: Path, settings: Settings, asked: str, moment: datetime | None, out: Path | None, progress: Progress
) -> tuple[Assessment, Path]:
    """Evaluate a version on the catalogue and return what was found, and the folder of the report.

    Args:
        home: holds the catalogue and the registry.
        settings: of this process.
        asked: an alias or a number of a version.
        moment: see `training.assessment.assess`.
        out: folder of the report; None for HOME/evaluations/<version>.
        progress: called with (stage, done, in all).

    Raises:
        BundleError: there is no such version, or its bundle is damaged.
        CatalogueError, UsageError: see `training.assessment.assess`.
    """
    registry = Registry.open(home, settings.registry)
    version = registry.version(asked)
    found = assess(home, version, registry.fetch(str(version.version)), settings, moment, progress)
    folder = out or home / "evaluations" / str(version.version)
    write_report(found, folder)
    progress("register", 0, 1)
    registry.add_evaluation(version, [folder / PAGE_FILE, folder / FIGURES_FILE], found.metrics())
    progress("register", 1, 1)
    return found, folder


def write_report(found: Assessment, folder: Path) -> None:
    """Write page and figures into a folder, each whole or not at all; other files there are left alone."""
    figures = json.dumps(_plain(found.to_json()), ensure_ascii=False, indent=1, allow_nan=False)
    for name, text in ((PAGE_FILE, page(found)), (FIGURES_FILE, figures + "\n")):
        with replacing(folder / name) as fresh:
            fresh.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:  # noqa: ANN401
    """JSON has no nan: what cannot be said is null."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
