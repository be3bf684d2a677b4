"""How long and how much: import, train, encode, shortlist, each in a process of its own, so that memory tells.

`python -m benchmarks.run --tasks none` measures the real posts, `--scale 300000` so many of them, repeated with noise.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.ours import import_tables, last_post
from benchmarks.protocol import ACCOUNT_SCHEMA, CREATOR_SCHEMA, POST_SCHEMA, contract_frame
from benchmarks.question_tasks import json_lines
from benchmarks.scale import scaled
from benchmarks.tiktok_tasks import SEED
from kolmatch.settings import Settings

FOLDERS: Final = ("tiktok_creators", "tiktok_trending")
PROCEDURES: Final = Path("admin_procedures") / "procedures.jsonl.gz"
BRIEFS: Final = 300
TOP: Final = 20
WARM_UP: Final = 10  # the first few answers touch memory for the first time
ENCODED_TEXTS: Final = 50_000

Figures = dict[str, float]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Brieflet:
    """Title and text of a brief; plain, because it crosses to another process."""

    title: str
    text: str


def measure_speed(data: Path, settings: Settings, scale: int, progress: Progress) -> Figures:
    """Every speed figure by name; empty when the data folder lacks the posts."""
    if not all((data / folder).is_dir() for folder in FOLDERS):
        progress(f"Left out: speed; {' and '.join(FOLDERS)} are not in the data folder")
        return {}
    tables = real_tables(data)
    if scale:
        tables = scaled(tables, scale, np.random.default_rng(SEED))
    briefs = procedure_briefs(data, tables["posts"])
    figures: Figures = {"posts": tables["posts"].height, "creators": tables["creators"].height}
    with tempfile.TemporaryDirectory(prefix="kolmatch-speed-") as folder:
        home = Path(folder)
        for what, step, arguments in (
            ("import", _import, (home, tables)),
            ("train", _train, (home, settings, last_post(tables["posts"]))),
            ("shortlist", _shortlist, (home, briefs)),
            ("encode", _encode, (home, tables["posts"]["text"].drop_nulls().head(ENCODED_TEXTS).to_list())),
        ):
            progress(f"speed: {what}")
            figures |= in_own_process(step, *arguments)
    return figures


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


def procedure_briefs(data: Path, posts: pl.DataFrame) -> list[Brieflet]:
    """Three hundred briefs: official procedures where they are there, captions for the rest."""
    captions = (Brieflet(text, "") for text in posts["text"].drop_nulls() if text.strip())
    official = _procedures(data / PROCEDURES) if (data / PROCEDURES).is_file() else iter(())
    return list(islice(chain(official, cycle(islice(captions, BRIEFS))), BRIEFS))


def _procedures(file: Path) -> Iterator[Brieflet]:
    for row in json_lines(file):
        yield Brieflet(row["metadata"]["tên_thủ_tục"], row["content"].get("trình_tự_thực_hiện") or "")


def in_own_process(step: Callable[..., Figures], *arguments: object) -> Figures:
    """Run a step in a fresh process and return its figures."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(step, *arguments).result()


def peak_mib() -> float:
    """The most memory this process ever held, in MiB.

    Read from /proc, because what getrusage reports of a new process begins with its parent's peak.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kib) / 1024


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - started


def _import(home: Path, tables: dict[str, pl.DataFrame]) -> Figures:
    figures: Figures = {}
    with _timed(figures, "import, s"):
        rejected = import_tables(tables, home, synthetic=False, now=datetime.now(UTC))
    return figures | {"rejected rows": rejected, "import peak, MiB": peak_mib()}


def _train(home: Path, settings: Settings, last: datetime) -> Figures:
    from training.pipeline import train

    figures: Figures = {}
    with _timed(figures, "train, s"):
        bundle = train(home, settings, month=last.strftime("%Y-%m"), progress=lambda *_: None)
    (home / "BENCHED").write_text(str(bundle), encoding="utf-8")
    size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file())
    return figures | {"train peak, MiB": peak_mib(), "bundle, MiB": size / 2**20}


def _shortlist(home: Path, briefs: list[Brieflet]) -> Figures:
    from models.brief import Brief
    from models.matcher import Matcher

    figures: Figures = {}
    with _timed(figures, "load, s"):
        matcher = Matcher.load(_benched(home))
    took = []
    for brieflet in briefs[:WARM_UP] + briefs:
        started = time.perf_counter()
        matcher.shortlist(Brief(title=brieflet.title, text=brieflet.text), TOP)
        took.append(1000 * (time.perf_counter() - started))
    for percent, value in zip((50, 95, 99), np.percentile(took[WARM_UP:], (50, 95, 99)), strict=True):
        figures[f"shortlist p{percent}, ms"] = float(value)
    return figures | {"shortlist peak, MiB": peak_mib()}


def _encode(home: Path, texts: list[str]) -> Figures:
    from models.matcher import Matcher

    encoder = Matcher.load(_benched(home)).encoder
    started = time.perf_counter()
    encoder.encode_posts(texts)
    return {"encode, texts/s": len(texts) / (time.perf_counter() - started)}


def _benched(home: Path) -> Path:
    return Path((home / "BENCHED").read_text(encoding="utf-8"))
