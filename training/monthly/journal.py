"""What a month's job has done so far, so that it goes on where it was cut off and never does a thing twice.

HOME/retrain/2026-11/journal.json   each finished step with what it found, and at the end the outcome
HOME/retrain/2026-11/log.txt        the same for people, a line an event
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kolmatch.errors import RetrainError
from kolmatch.files import replacing
from training.monthly.calendar import ZONE

JOURNAL_FILE: Final = "journal.json"
LOG_FILE: Final = "log.txt"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Journal:
    """The finished steps of a month, in order, each with what it found; `outcome` is None until all are done."""

    folder: Path
    steps: dict[str, dict[str, Any]]
    outcome: dict[str, Any] | None

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """That of a month's folder, empty when nothing was done.

        Raises:
            RetrainError: the file is not what was written.
        """
        file = folder / JOURNAL_FILE
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']}")
            return cls(folder, told["steps"], told["outcome"])
        except FileNotFoundError:
            return cls(folder, {}, None)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RetrainError(
                f"The journal {file} cannot be read ({error}). Move the folder away to run the month from its start.",
                f"Không đọc được nhật ký {file} ({error}). Hãy dời thư mục đó đi để chạy lại tháng này từ đầu.",
            ) from error

    def with_step(self, name: str, found: dict[str, Any]) -> Journal:
        """This one with one more finished step, on the disk when it returns."""
        return self._written(self.steps | {name: found}, None)

    def ended(self, outcome: dict[str, Any]) -> Journal:
        """This one with the outcome, on the disk when it returns."""
        return self._written(self.steps, outcome)

    def without(self, name: str) -> Journal:
        """This one with a step and all after it to be done again, on the disk when it returns."""
        names = list(self.steps)
        kept = names[: names.index(name)] if name in names else names
        return self._written({step: self.steps[step] for step in kept}, None)

    def _written(self, steps: dict[str, dict[str, Any]], outcome: dict[str, Any] | None) -> Journal:
        told = {"format": FORMAT, "steps": steps, "outcome": outcome}
        with replacing(self.folder / JOURNAL_FILE) as fresh:
            fresh.write_text(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        return Journal(self.folder, steps, outcome)


@dataclass(frozen=True, slots=True)
class Log:
    """Lines for people, each with its moment in the city's time."""

    file: Path

    def say(self, at: datetime, text: str) -> None:
        """Add a line."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as log:
            log.write(f"{at.astimezone(ZONE).isoformat(timespec='seconds')} {text}\n")
