"""A person taken out of the monthly reports: one that names them goes, with its copy in MLflow; figures stay there."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from data.erasure import Erased
from kolmatch.files import sha256_of
from training.monthly.job import RETRAIN_FOLDER
from training.monthly.report import FIGURES_FILE, PAGE_FILE
from training.registry import Registry

_FILES = (FIGURES_FILE, PAGE_FILE, "rejects.csv")


def erase_from_reports(home: Path, registry: Registry, creator_id: str) -> list[Erased]:
    """Remove the reports that name a creator, and what cut-off jobs left; those are made again when they go on.

    Call it while no training runs: hold `training.pipeline.alone`.

    Raises:
        RegistryError: MLflow cannot be reached.
    """
    erased = []
    for month in sorted((home / RETRAIN_FOLDER).glob("????-??")):
        shutil.rmtree(month / "work", ignore_errors=True)
        files = [month / name for name in _FILES if (month / name).is_file()]
        if any(names(creator_id, file) for file in files):
            for file in files:
                erased.append(Erased(file.relative_to(home).as_posix(), sha256_of(file), None, 1))
                file.unlink()
    removed = registry.remove_evaluations((FIGURES_FILE, PAGE_FILE), partial(names, creator_id))
    return [*erased, *([Erased("mlflow: reports", None, None, removed)] if removed else [])]


def names(creator_id: str, file: Path) -> bool:
    """Whether a creator's id stands in a file."""
    return creator_id.encode() in file.read_bytes()
