"""How fast texts become words, and how much teencode that puts right: `python -m benchmarks.text_speed DATA_FOLDER`.

Speed is on real captions; teencode on pairs of a social-media sentence and its standard form, which are only measured.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from features.diacritics import place_tone
from features.text import Tokeniser, strip_diacritics

CAPTIONS: Final = (Path("tiktok_creators") / "posts.jsonl.gz", Path("tiktok_trending") / "posts.jsonl.gz")
TITLES: Final = Path("news_titles") / "articles.jsonl.gz"
PAIRS: Final = (Path("social_text") / "vilexnorm_train.csv", Path("social_text") / "vilexnorm_dev.csv")
QUERY: Final = "tuyên truyền dịch vụ công trực tuyến cho thanh niên thành phố hồ chí minh về giấy phép lái xe"
RUNS: Final = 3  # the best of so many: what the code costs, not what the machine does beside it
QUERY_RUNS: Final = 2_000

Pair = tuple[list[str], list[str]]


@dataclass(frozen=True, slots=True)
class TeencodeFigures:
    """What a normaliser does to informal text.

    Attributes:
        fixed: share of the non-standard words that become the standard one (pairs of equal length).
        broken: share of the standard words that become something else (the same pairs).
        errors_before: word error rate of the texts as typed, all pairs.
        errors_after: the same after normalising.
    """

    fixed: float
    broken: float
    errors_before: float
    errors_after: float


def teencode_figures(pairs: Sequence[Pair], normalise: Callable[[str], list[str]]) -> TeencodeFigures:
    """Figures of a function from a word to its standard words."""
    known: dict[str, list[str]] = {}
    fixed = wrong = broken = right = before = after = total = 0
    for typed, standard in pairs:
        outcomes = [known.setdefault(word, known.get(word) or normalise(word)) for word in typed]
        before += word_errors(typed, standard)
        after += word_errors([word for outcome in outcomes for word in outcome], standard)
        total += len(standard)
        if len(typed) != len(standard):
            continue
        for word, outcome, aim in zip(typed, outcomes, standard, strict=True):
            wrong, fixed = wrong + (word != aim), fixed + (word != aim and outcome == [aim])
            right, broken = right + (word == aim), broken + (word == aim and outcome != [aim])
    return TeencodeFigures(fixed / wrong, broken / right, before / total, after / total)


def word_errors(words: Sequence[str], standard: Sequence[str]) -> int:
    """Least number of words to insert, delete or replace (Levenshtein)."""
    row = list(range(len(standard) + 1))
    for i, word in enumerate(words, start=1):
        last, row[0] = row[0], i
        for j, aim in enumerate(standard, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != aim))
    return row[-1]


def read_pairs(path: Path) -> list[Pair]:
    """Typed and standard words of each row: lower case, no punctuation, tones placed alike, nothing expanded."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(_bare(row["original"]), _bare(row["normalized"])) for row in csv.DictReader(file)]


def _bare(text: str) -> list[str]:
    letters = "".join(char if char.isalnum() else " " for char in text.lower())
    return [place_tone(word) for word in letters.split()]


def captions(folder: Path) -> list[str]:
    """Real captions, hashtags inside them."""
    return [row["text"] or "" for path in CAPTIONS for row in _rows(folder / path)]


def titles(folder: Path) -> list[str]:
    """Real news titles with their abstracts: texts without hashtags."""
    return [f"{row['title']} {row.get('abstract') or ''}" for row in _rows(folder / TITLES)]


def _rows(path: Path) -> Iterable[dict[str, str | None]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def best_seconds(work: Callable[[], object]) -> float:
    """Shortest of a few runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def print_speed(name: str, texts: list[str], fitted: Tokeniser) -> None:
    """Print texts per second, every chunk met for the first time and all met before."""
    words = fitted.batch(texts)
    plain = best_seconds(lambda: [strip_diacritics(word) for word in words.vocabulary])
    fresh = [Tokeniser.from_json(fitted.to_json()) for _ in range(RUNS)]  # each has read nothing, no hashtag either
    cold = best_seconds(lambda: fresh.pop().batch(texts))
    warm = best_seconds(lambda: fitted.batch(texts))
    length = float(np.mean(np.diff(words.offsets)))
    print(f"{name}: {len(texts):,} texts, {length:.1f} words, {len(words.vocabulary):,} distinct")
    print(f"  first time {len(texts) / cold:,.0f} texts/s, again {len(texts) / warm:,.0f} texts/s")
    print(f"  diacritics off the vocabulary {plain * 1000:.1f} ms")


def main(folder: Path) -> None:
    """Print speed and teencode figures of a data folder."""
    typed = captions(folder)
    start = time.perf_counter()
    tokeniser = Tokeniser.fit(typed)
    print(f"fit: {len(typed):,} captions in {time.perf_counter() - start:.2f} s, {len(tokeniser.to_json()):,} bytes")
    print_speed("captions", typed, tokeniser)
    print_speed("news titles and abstracts", titles(folder), tokeniser)
    seconds = best_seconds(lambda: [tokeniser.words(QUERY) for _ in range(QUERY_RUNS)])
    print(f"query of {len(QUERY.split())} words: {seconds / QUERY_RUNS * 1e6:.1f} µs")
    for path in PAIRS:
        print(path.stem, teencode_figures(read_pairs(folder / path), tokeniser.words))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
