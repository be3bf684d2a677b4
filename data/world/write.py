"""The sample world on disk: files to import, and beside them the truth, all labelled synthetic."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from data.world.make import World
from data.world.truth import Truth
from kolmatch.errors import FileUnreadable, UsageError
from kolmatch.files import new_folder

AS_CSV: Final = ("creators", "accounts", "outcomes", "decisions")  # what staff would keep in a spreadsheet
LABEL_FILE: Final = "SYNTHETIC.txt"
TRUTH_FOLDER: Final = "truth"
FACTS_FILE: Final = "truth.json"
TRUTH_FRAMES: Final = ("mixtures", "presences", "posts", "relevance")
LABEL: Final = """DỮ LIỆU TỔNG HỢP (SYNTHETIC)

Mọi người, cơ quan, bài đăng và con số trong thư mục này do máy sinh ra để thử phần mềm.
Không có ai và không có gì là thật.
Everything in this folder was made up by a program to try the software. Nobody and nothing in it is real.
"""


def write_world(world: World, folder: Path) -> Path:
    """Write the world as files of the import contract and return the folder; it appears whole or not at all.

    Raises:
        UsageError: the folder is there already and has something in it.
    """
    if folder.exists():
        _refuse_unless_empty(folder)
        folder.rmdir()
    with new_folder(folder) as fresh:
        (fresh / LABEL_FILE).write_text(LABEL, encoding="utf-8")
        for name, table in world.tables().items():
            _write_table(table, name, fresh)
        _write_truth(world.truth, fresh / TRUTH_FOLDER)
    return folder


def read_truth(folder: Path) -> Truth:
    """Read the truth of a world that `write_world` wrote to the folder.

    Raises:
        FileUnreadable: there is no truth in the folder.
    """
    place = folder / TRUTH_FOLDER
    if not (place / FACTS_FILE).is_file():
        raise FileUnreadable(
            f"There is no {TRUTH_FOLDER}/{FACTS_FILE} in {folder}. Give the folder of a sample world.",
            f"Không có {TRUTH_FOLDER}/{FACTS_FILE} trong {folder}. Hãy chỉ ra thư mục của dữ liệu mẫu.",
        )
    frames = {name: pl.read_parquet(place / f"{name}.parquet") for name in TRUTH_FRAMES}
    return Truth(**frames, facts=json.loads((place / FACTS_FILE).read_text(encoding="utf-8")))


def _refuse_unless_empty(folder: Path) -> None:
    if not folder.is_dir() or any(folder.iterdir()):
        raise UsageError(
            f"{folder} is there already and is not an empty folder. Name another folder for the sample world.",
            f"{folder} đã có và không phải thư mục trống. Hãy chọn thư mục khác cho dữ liệu mẫu.",
        )


def _write_table(table: pl.DataFrame, name: str, folder: Path) -> None:
    plain = table.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if name in AS_CSV:
        plain.with_columns(pl.selectors.list().list.join("; ")).write_csv(folder / f"{name}.csv")
        return
    lines = "".join(json.dumps(_present(row), ensure_ascii=False) + "\n" for row in plain.iter_rows(named=True))
    # No time in the gzip header: the same world gives the same bytes.
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), compresslevel=6, mtime=0))


def _present(row: dict[str, Any]) -> dict[str, Any]:
    """What is missing is left out, so that nobody can take it for zero."""
    return {
        key: value if not hasattr(value, "isoformat") else value.isoformat()
        for key, value in row.items()
        if value is not None
    }


def _write_truth(truth: Truth, folder: Path) -> None:
    folder.mkdir()
    for name in TRUTH_FRAMES:
        getattr(truth, name).write_parquet(folder / f"{name}.parquet")
    facts = json.dumps(truth.facts, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / FACTS_FILE).write_text(facts + "\n", encoding="utf-8")
