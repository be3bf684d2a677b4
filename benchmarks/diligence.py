"""How much the rules of due diligence find: `python -m benchmarks.diligence`. Figures only, never rows.

Unsafe words against comments that people judged (SafeSense: toxic or hateful); words of disclosure against the
platform's own mark on real posts.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.tasks import DEFAULT_DATA
from features.diacritics import strip_diacritics
from features.disclosure import disclosed, selling
from features.unsafe import unsafe_words


@dataclass(frozen=True, slots=True)
class Counted:
    """What a rule found: of all cases, of those it was to find, and how many it found rightly."""

    name: str
    found: int
    wanted: int
    right: int

    @classmethod
    def of(cls, name: str, found: Sequence[bool], wanted: Sequence[bool]) -> Counted:
        """Count two columns against each other."""
        both = sum(one and other for one, other in zip(found, wanted, strict=True))
        return cls(name, sum(found), sum(wanted), both)

    @property
    def precision(self) -> float:
        """Share of what was found that was to be found; nan when nothing was."""
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Share of what was to be found that was; nan when there was nothing."""
        return self.right / self.wanted if self.wanted else float("nan")


def unsafe_counts(file: Path) -> Iterator[Counted]:
    """Comments with a term of the list against comments judged toxic (1) or hateful (2)."""
    with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as lines:
        rows = [(row["input_text"].split("</s>")[-1], row["label"]) for row in csv.DictReader(lines)]
    for name, typed in (("as written", str), ("without diacritics", strip_diacritics)):
        found = [bool(unsafe_words(typed(comment))) for comment, _ in rows]
        yield Counted.of(f"{name}, toxic or hateful", found, [label != "0" for _, label in rows])
        yield Counted.of(f"{name}, toxic", found, [label == "1" for _, label in rows])


def post_counts(posts: pl.DataFrame) -> Iterator[Counted]:
    """Posts that say they are advertising, or look like selling, against the platform's mark."""
    marked = [bool(one) for one in posts["is_ad"].to_list()]
    yield Counted.of("says it is advertising", _disclosed(posts), marked)
    yield Counted.of("looks like selling", [bool(selling(text)) for text in posts["text"].to_list()], marked)


def _disclosed(posts: pl.DataFrame) -> list[bool]:
    return [bool(disclosed(text, tags)) for text, tags in posts.select("text", "hashtags").iter_rows()]


def flagged(posts: pl.DataFrame) -> str:
    """How many posts have unsafe words; nobody judged these, so nothing is said of how rightly."""
    found = sum(bool(unsafe_words(text)) for text in posts["text"].to_list())
    return f"Unsafe words in {found:,} of {posts.height:,} real posts ({found / posts.height:.2%}), judged by nobody"


def counts_table(title: str, counts: Iterator[Counted]) -> Table:
    """Counts and the figures made of them."""
    table = Table("", "found", "to find", "precision", "recall", title=title, title_justify="left")
    for one in counts:
        table.add_row(one.name, f"{one.found:,}", f"{one.wanted:,}", f"{one.precision:.3f}", f"{one.recall:.3f}")
    return table


@click.command()
@click.option("--data", default=DEFAULT_DATA, type=click.Path(path_type=Path, file_okay=False), help="Real data.")
def main(data: Path) -> None:
    """Print the figures."""
    console = Console()
    comments = data / "social_text" / "safesense_title_comment.csv.gz"
    file = data / "tiktok_creators" / "posts.jsonl.gz"
    if not comments.exists() or not file.exists():
        console.print(f"{data} has no social_text or tiktok_creators: nothing is measured.")
        return
    console.print(counts_table("Unsafe words, 12,695 judged comments", unsafe_counts(comments)))
    posts = _posts(file)
    console.print(counts_table("Real posts against the platform's mark of advertising", post_counts(posts)))
    console.print(flagged(posts))


def _posts(file: Path) -> pl.DataFrame:
    with gzip.open(file, "rb") as lines:
        return pl.read_ndjson(lines.read(), infer_schema_length=None)


if __name__ == "__main__":
    main()
