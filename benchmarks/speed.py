"""How long and how much: import, train, shortlist, encode, each in a process of its own, so that memory tells.

`python -m benchmarks.run --tasks none` measures the real posts, `--scale 300000` so many of them, repeated with noise.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.history_files import last_post, write_tables
from benchmarks.protocol import ACCOUNT_SCHEMA, CREATOR_SCHEMA, POST_SCHEMA, contract_frame
from benchmarks.question_tasks import json_lines
from benchmarks.scale import scaled
from benchmarks.speed_step import STEPS, Figures
from benchmarks.tiktok_tasks import SEED
from kolmatch.settings import Settings

FOLDERS: Final = ("tiktok_creators", "tiktok_trending")
PROCEDURES: Final = Path("admin_procedures") / "procedures.jsonl.gz"
BRIEFS: Final = 300
REPOSITORY: Final = Path(__file__).resolve().parents[1]
ENCODED_TEXTS: Final = 50_000

Titled = tuple[str, str]
Progress = Callable[[str], None]


def measure_speed(data: Path, settings: Settings, scale: int, progress: Progress) -> Figures:
    """Every speed figure by name; empty when the data folder lacks the posts."""
    if not all((data / folder).is_dir() for folder in FOLDERS):
        progress(f"Left out: speed; {' and '.join(FOLDERS)} are not in the data folder")
        return {}
    tables = real_tables(data)
    if scale:
        tables = scaled(tables, scale, np.random.default_rng(SEED))
    posts = tables["posts"]
    figures: Figures = {"posts": posts.height, "creators": tables["creators"].height}
    with tempfile.TemporaryDirectory(prefix="kolmatch-speed-") as folder:
        home = Path(folder)
        files = write_tables(tables, home / "files")
        _give(home, "files", {name: str(file) for name, file in files.items()})
        _give(home, "settings", settings.model_dump(mode="json"))
        _give(home, "month", last_post(posts).strftime("%Y-%m"))
        _give(home, "briefs", procedure_briefs(data, posts))
        _give(home, "texts", posts["text"].drop_nulls().head(ENCODED_TEXTS).to_list())
        for step in STEPS:
            progress(f"speed: {step}")
            figures |= in_own_process(step, home)
    return figures


def in_own_process(step: str, home: Path) -> Figures:
    """Run a step of `benchmarks.speed_step` in a fresh process and return its figures."""
    command = [sys.executable, "-m", "benchmarks.speed_step", step, str(home)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=REPOSITORY)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _give(home: Path, name: str, value: object) -> None:
    (home / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def real_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Creators, accounts and posts of both real sets."""
    schemas = {"creators": CREATOR_SCHEMA, "accounts": ACCOUNT_SCHEMA, "posts": POST_SCHEMA}
    keys = {"creators": ["creator_id"], "accounts": ["creator_id", "platform"], "posts": ["post_id"]}
    return {
        name: pl.concat(
            contract_frame(pl.read_ndjson(data / folder / f"{name}.jsonl.gz", infer_schema_length=None), schema)
            for folder in FOLDERS
        ).unique(keys[name], keep="first", maintain_order=True)
        for name, schema in schemas.items()
    }


def procedure_briefs(data: Path, posts: pl.DataFrame) -> list[Titled]:
    """Three hundred briefs, title and text: official procedures where they are there, captions for the rest."""
    captions = ((text, "") for text in posts["text"].drop_nulls() if text.strip())
    official = _procedures(data / PROCEDURES) if (data / PROCEDURES).is_file() else iter(())
    return list(islice(chain(official, cycle(islice(captions, BRIEFS))), BRIEFS))


def _procedures(file: Path) -> Iterator[Titled]:
    for row in json_lines(file):
        yield row["metadata"]["tên_thủ_tục"], row["content"].get("trình_tự_thực_hiện") or ""
