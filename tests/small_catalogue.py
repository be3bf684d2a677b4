"""A small synthetic catalogue with a known answer: every creator keeps to one topic, and topics share no word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from data.catalogue import Catalogue, import_file

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TOPICS: Mapping[str, Sequence[str]] = {
    "dichvucong": (
        "dịch",
        "vụ",
        "công",
        "trực",
        "tuyến",
        "hồ",
        "sơ",
        "thủ",
        "tục",
        "căn",
        "cước",
        "giấy",
        "tờ",
        "nộp",
        "mạng",
        "cổng",
    ),
    "monngon": ("món", "ngon", "đường", "phố", "ẩm", "thực", "bún", "chả", "quán", "nhà", "hàng", "nấu", "bếp", "cay"),
    "bongda": (
        "bóng",
        "đá",
        "trận",
        "đấu",
        "cầu",
        "thủ",
        "bàn",
        "thắng",
        "sân",
        "cỏ",
        "huấn",
        "luyện",
        "đội",
        "hạng",
        "vòng",
    ),
    "chamcay": ("chăm", "cây", "tưới", "nước", "vườn", "lá", "hoa", "hồng", "rễ", "phân", "bón", "ươm", "hạt", "mầm"),
}
OPTED_OUT, OPTED_OUT_WORDS = "creator-out", "khoai lang mật zaqwsx"


def creator(number: int) -> str:
    return f"creator-{number:02d}"


def topic_of(number: int) -> str:
    """The topic, also the hashtag, of a creator."""
    return list(TOPICS)[number % len(TOPICS)]


def posts(n_creators: int, posts_each: int, seed: int = 0) -> list[dict[str, Any]]:
    """Posts in order of time, the creators taking turns; every other one with the topic's hashtag."""
    rng = np.random.default_rng(seed)
    return [_post(i, i % n_creators, rng, n_creators * posts_each) for i in range(n_creators * posts_each)]


def _post(i: int, number: int, rng: np.random.Generator, total: int) -> dict[str, Any]:
    words = rng.choice(TOPICS[topic_of(number)], size=7, replace=False)
    at = NOW - timedelta(hours=6 * (total - i))
    return {
        "post_id": f"post-{i:05d}",
        "creator_id": creator(number),
        "platform": "tiktok",
        "published_at": at.isoformat(),
        "observed_at": NOW.isoformat(),
        "text": " ".join(words) + (f" #{topic_of(number)}" if rng.random() < 0.5 else ""),
        "format": "video",
    }


def opted_out() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The row and the posts of a creator who may not be in any model."""
    row = {"creator_id": OPTED_OUT, "name": "Tên Riêng Qwzx", "opted_out": True}
    written = [_post(i, 0, np.random.default_rng(i), 8) for i in range(8)]
    mine = {"creator_id": OPTED_OUT, "text": f"{OPTED_OUT_WORDS} #riengqwzx", "transcript": OPTED_OUT_WORDS}
    return [row], [post | mine | {"post_id": f"out-{i}"} for i, post in enumerate(written)]


def import_rows(home: Path, table: str, rows: Sequence[Mapping[str, Any]], *, synthetic: bool = True) -> None:
    """Put rows into the catalogue under `home`, as an import of a JSONL file would."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / f"{table}.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    report = import_file(home, table, file, now=NOW, synthetic=synthetic)
    assert report.rejected == 0, report.rejects


def flip_a_byte(home: Path, table: str = "creators") -> None:
    """Damage a table of the catalogue without changing its length."""
    file = Catalogue.open(home).generation.path(table)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
