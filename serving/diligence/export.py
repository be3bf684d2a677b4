"""Checks as a CSV that Excel opens with its Vietnamese letters whole and in which no cell runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from serving.creators.gone import Gone
from serving.reports.wording import CHECKS, DISPOSITIONS, day
from serving.store.tables import CheckRow

_BOM: Final = "\ufeff"
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")
_HEADINGS: Final = (
    *("check_id", "brief_id", "creator_id", "kind", "nội dung", "disposition", "kết luận", "bài đăng", "căn cứ"),
    *("người kết luận", "lý do", "đến hết", "cập nhật"),
)


def checks_csv(rows: Iterable[CheckRow], left: Gone) -> bytes:
    """One line a check; of whoever is gone without the posts and words that it rests on."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_HEADINGS)
    for row in rows:
        writer.writerow(map(_safe, _line(row, [] if row.creator_id in left else row.evidence)))
    return (_BOM + buffer.getvalue()).encode()


def _line(row: CheckRow, evidence: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    posts = [str(one["post_id"]) for one in evidence if one.get("post_id")]
    words = [", ".join((*one.get("words", ()), *filter(None, [one.get("note")]))) for one in evidence]
    return (
        row.check_id,
        row.brief_id,
        row.creator_id,
        row.kind,
        CHECKS[row.kind],
        row.disposition,
        DISPOSITIONS[row.disposition],
        "; ".join(posts),
        "; ".join(filter(None, words)),
        row.by or "",
        row.reason or "",
        day(row.until),
        day(row.updated_at),
    )


def _safe(text: str) -> str:
    """An apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text
