"""The figures of a run as a file, so that two runs can be compared: measures, intervals, seeds, versions, durations."""

from __future__ import annotations

import hashlib
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.protocol import Task
from kolmatch.errors import FileUnreadable
from kolmatch.files import replacing

FORMAT: Final = 1
OURS: Final = "kolmatch"
PACKAGES: Final = ("numpy", "scipy", "scikit-learn", "polars", "torch", "faiss-cpu", "sentence-transformers")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Difference(_Frozen):
    """Mean difference to another system on the same queries, with its 95 % paired bootstrap interval."""

    against: str
    mean: float
    low: float
    high: float


class Figure(_Frozen):
    """One measure of one system: its mean over the queries and, but for the reference, the difference to that."""

    measure: str
    mean: float
    difference: Difference | None = None
    per_query: tuple[float, ...] = ()


class SystemFigures(_Frozen):
    """What one system reached, and what it cost in seconds."""

    system: str
    figures: tuple[Figure, ...]
    fit_s: float
    rank_s: float


class TaskFigures(_Frozen):
    """All systems on one task. `queries_sha256` tells whether two runs asked the same."""

    task: str
    note: str
    synthetic: bool
    queries: int
    candidates: int
    posts: int
    queries_sha256: str
    catalogue_sha256: dict[str, str]
    systems: tuple[SystemFigures, ...]


class Run(_Frozen):
    """A whole run. `speed` and `reach` map a figure's name, unit included, to its value."""

    format: int
    created_at: datetime
    seed: int
    encoder: str
    versions: dict[str, str]
    left_out: tuple[str, ...]
    tasks: tuple[TaskFigures, ...] = ()
    speed: dict[str, float] = {}
    reach: dict[str, float] = {}

    def write(self, path: Path) -> None:
        """Write the run as JSON, whole or not at all."""
        with replacing(path) as fresh:
            fresh.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read what `write` wrote.

        Raises:
            FileUnreadable: the file is not there, or is no run of this format.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise FileUnreadable(
                f"Cannot read {path} as the figures of a run: {error}. Make it with python -m benchmarks.run --out.",
                f"Không đọc được {path} như kết quả đo: {error}. Hãy tạo tệp bằng python -m benchmarks.run --out.",
            ) from error


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a figure depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def queries_hash(task: Task) -> str:
    """SHA-256 over what a task asks and accepts: ids, texts, right answers and exclusions."""
    digest = hashlib.sha256()
    for query in task.queries:
        grades = sorted(query.grades.items())
        digest.update(repr((query.query_id, query.text, grades, sorted(query.excluded))).encode())
    return digest.hexdigest()


def rounded(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, ...]:
    """Values to five decimals: enough for any comparison, a third of the file."""
    return tuple(np.round(values, 5).tolist())
