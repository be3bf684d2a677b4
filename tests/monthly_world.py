"""An invented catalogue that grows month by month: creators with words of their own, newcomers in September."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from kolmatch.settings import EncoderSettings, GateSettings, RetrainSettings, Settings
from tests.small_catalogue import TOPICS, import_rows, topic_of

SETTINGS: Final = Settings(
    encoder=EncoderSettings(dimension=16, epochs=2, batch_size=64, min_count=2),
    retrain=RetrainSettings(settle_s=0.0),
    gate=GateSettings(least_questions=20, max_questions=60, max_slowdown=50.0, forecast_loss=1.0),
)
MONTH: Final = "2026-09"
FIRST: Final = datetime(2026, 6, 1, 3, tzinfo=UTC)
SEPTEMBER: Final = datetime(2026, 9, 1, 3, tzinfo=UTC)
OCTOBER: Final = datetime(2026, 10, 2, 3, tzinfo=UTC)
KNOWN: Final = tuple(f"cu-{number:02d}" for number in range(12))
NEW: Final = tuple(f"moi-{number:02d}" for number in range(6))


def posts(
    names: Sequence[str], start: datetime, days: int, every_days: float, platform: str = "tiktok"
) -> list[dict[str, Any]]:
    """Posts of each creator at even times; a caption has words of the creator's topic and of their own."""
    return [
        _post(name, number, start + timedelta(days=every_days * step, minutes=number), platform)
        for number, name in enumerate(names)
        for step in range(int(days / every_days))
    ]


def _post(name: str, number: int, at: datetime, platform: str) -> dict[str, Any]:
    rng = np.random.default_rng([number, int(at.timestamp())])
    topic = topic_of(number)
    own = [f"{name.replace('-', '')}{letter}" for letter in "abc"]
    words = [*rng.choice(TOPICS[topic], size=5, replace=False), *rng.choice(own, size=2, replace=False)]
    return {
        "post_id": f"{name}-{platform}-{at:%y%m%d%H}",
        "creator_id": name,
        "platform": platform,
        "published_at": at.isoformat(),
        "observed_at": (at + timedelta(days=2)).isoformat(),
        "text": f"{' '.join(words)} #{topic}",
        "format": "video",
        "views": int(np.exp(7.0 + number / 4 + rng.normal(0.0, 0.6))),
    }


def summer() -> list[dict[str, Any]]:
    """What was posted from June to August."""
    return posts(KNOWN, FIRST, 92, 3.0)


def september(*, newcomers: bool = True) -> list[dict[str, Any]]:
    """What was posted in September; newcomers, whom an older model cannot know, make a newer one better."""
    usual = posts(KNOWN, SEPTEMBER, 29, 3.0)
    return [*usual, *(posts(NEW, SEPTEMBER, 29, 1.0) if newcomers else [])]


def creators(names: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each."""
    return [{"creator_id": name, "name": f"Kênh {name} (tổng hợp)", "kind": "person"} for name in names]


def fill(home: Path) -> None:
    """What is known at the end of August."""
    import_rows(home, "creators", creators(KNOWN))
    import_rows(home, "posts", summer())
    import_rows(home, "briefs", [{"brief_id": "b1", "title": "Nộp hồ sơ qua mạng, dịch vụ công trực tuyến"}])
    for table in ("creators", "posts", "briefs"):
        (home / f"{table}.jsonl").unlink()


def drop(folder: Path, **tables: Sequence[dict[str, Any]]) -> Path:
    """Put files of rows into a drop folder, labelled synthetic."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SYNTHETIC.txt").touch()
    for table, rows in tables.items():
        put(folder / f"{table}-2026-09.jsonl", "".join(_lines(rows)).encode())
    return folder


def put(file: Path, content: bytes) -> None:
    """Write a file as if it had been there since September's end."""
    file.write_bytes(content)
    os.utime(file, ((OCTOBER - timedelta(days=1)).timestamp(),) * 2)


def _lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
