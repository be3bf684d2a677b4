"""A small invented catalogue with a known answer: every creator has a topic of their own, and some are traps.

dvc      the right answer to BRIEF: ten posts on online procedures
bep      cooks, and has one stray post in the brief's own words
ngap     cooks, and posted one caption in the brief's own words again and again
lua      online procedures too, but beside them bets on football, which BRIEF wants avoided
thieu    a minor, roi: opted out; both speak of nothing but online procedures
trong    no post at all; moi: posts, but no row in the table of creators
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from data.catalogue import import_file
from kolmatch.settings import EncoderSettings, Settings
from models.brief import Brief

NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
TITLE: Final = "Tuyên truyền dịch vụ công trực tuyến cho thanh niên"
BRIEF: Final = Brief(title=TITLE, must=("nộp hồ sơ trực tuyến",), nice=("định danh điện tử",), must_not=("cá cược",))
FLOOD: Final = 500
SMALL: Final = Settings(encoder=EncoderSettings(dimension=32, epochs=4, batch_size=64, min_count=2))

# Creator -> what each of their posts says; the number is added so that no two are alike.
_TOPICS: Final[Mapping[str, Sequence[str]]] = {
    "dvc": (
        "hướng dẫn nộp hồ sơ trực tuyến trên cổng dịch vụ công, khỏi xếp hàng",
        "thanh niên dùng dịch vụ công trực tuyến đăng ký tạm trú tại nhà",
        "định danh điện tử mức hai giúp nộp hồ sơ trực tuyến nhanh hơn",
        "tuyên truyền dịch vụ công trực tuyến ở phường, ai cũng làm được",
    ),
    "lua": (
        "dịch vụ công trực tuyến rất tiện cho thanh niên thành phố",
        "cá cược bóng đá tối nay, kèo nhà cái thơm lắm anh em",
        "nộp hồ sơ trực tuyến xong đi cá cược bóng đá với bạn",
        "kèo cá cược cuối tuần, tuyên truyền dịch vụ công trực tuyến sau",
    ),
    "bep": ("nấu canh chua cá lóc miền tây", "kho thịt trứng nước dừa cho cả nhà", "bánh xèo giòn rụm rau sống"),
    "ngap": ("làm bánh mì bơ tỏi nướng thơm", "chè đậu xanh nước cốt dừa mát", "mẹo rửa rau sạch và nấu cơm ngon"),
    "xe": ("thay nhớt xe máy tay ga", "kiểm tra phanh xe máy trước khi đi xa", "vá lốp xe máy giữa đường mưa"),
    "moi": ("trồng rau sân thượng bằng thùng xốp", "tưới cây sân thượng mùa nắng", "bón phân hữu cơ cho cây ăn trái"),
    "hoc": ("ôn thi đại học môn toán mỗi ngày", "mẹo giải đề thi thử môn toán", "lịch học lớp mười hai thi cuối kỳ"),
    "game": ("leo hạng game bắn súng cùng đồng đội", "cấu hình máy chơi game mượt", "xem lại trận chung kết game"),
    "thu": ("tắm cho chó mèo tại nhà", "tiêm phòng cho mèo con hai tháng", "huấn luyện chó con nghe lời chủ"),
    "chay": ("chạy bộ buổi sáng quanh công viên", "giày chạy bộ cho người mới", "bài tập giãn cơ sau khi chạy bộ"),
    "phim": ("đánh giá phim rạp cuối tuần", "phim hoạt hình cho trẻ em mùa hè", "diễn viên chính trong phim mới"),
    "vang": ("giá vàng hôm nay tăng mạnh", "tiết kiệm tiền lương mỗi tháng", "gửi ngân hàng hay mua vàng lúc này"),
}
_ALWAYS_PERFECT: Final = "tuyên truyền dịch vụ công trực tuyến cho thanh niên, nộp hồ sơ trực tuyến"
_EACH: Final = 10
LEFT_OUT: Final = ("thieu", "roi")
ON_YOUTUBE: Final = ("lua", "phim")
LISTED: Final = (*_TOPICS, "trong")


def creators() -> list[dict[str, Any]]:
    named = [name for name in (*_TOPICS, "trong") if name != "moi"]
    rows: list[dict[str, Any]] = [{"creator_id": name, "name": f"Kênh {name} (tổng hợp)"} for name in named]
    rows.append({"creator_id": "thieu", "name": "Em nhỏ (tổng hợp)", "is_minor": True})
    rows.append({"creator_id": "roi", "name": "Người đã rút (tổng hợp)", "opted_out": True})
    return rows


def accounts() -> list[dict[str, Any]]:
    return [{"creator_id": "dvc", "platform": "tiktok", "url": "https://example.org/dvc", "followers": 1200}]


def posts() -> list[dict[str, Any]]:
    """Every post of the small world, in order of creator."""
    rows = [
        _post(name, n, f"{said[n % len(said)]} {_LATELY[n]}") for name, said in _TOPICS.items() for n in range(_EACH)
    ]
    rows += [_post(name, n, f"{_ALWAYS_PERFECT} {_LATELY[n]}") for name in LEFT_OUT for n in range(_EACH)]
    rows.append(_post("bep", 90, TITLE))
    rows += [_post("ngap", 100 + n, TITLE) for n in range(FLOOD)]
    return rows


_LATELY: Final = (
    "hôm nay",
    "hôm qua",
    "tuần này",
    "tuần trước",
    "tháng này",
    "sáng nay",
    "tối nay",
    "chiều nay",
    "nhé",
    "nha",
)


def _post(creator: str, n: int, text: str) -> dict[str, Any]:
    at = NOW - timedelta(days=1 + n % 150, minutes=n)
    return {
        "post_id": f"{creator}-{n:03}",
        "creator_id": creator,
        "platform": "youtube" if creator in ON_YOUTUBE else "tiktok",
        "published_at": at.isoformat(),
        "format": "video",
        "text": text,
        "hashtags": [f"kenh{creator}"],
    }


def briefs() -> list[dict[str, Any]]:
    return [
        {"brief_id": "b1", "title": TITLE, "must": ["nộp hồ sơ trực tuyến"]},
        {"brief_id": "b2", "title": "Trồng cây xanh và rau sân thượng"},
        {"brief_id": "b3", "title": "Kiểm tra phanh xe máy trước khi đi xa"},
    ]


def tables() -> dict[str, list[dict[str, Any]]]:
    return {"creators": creators(), "accounts": accounts(), "posts": posts(), "briefs": briefs()}


def fill(home: Path, world: Mapping[str, Sequence[Mapping[str, Any]]], *, shuffled: int | None = None) -> None:
    """Import a world under a home folder, the rows of each file shuffled by a seed if one is given."""
    for table, rows in world.items():
        file = home / "given" / f"{table}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(_lines(rows, shuffled)), encoding="utf-8")
        report = import_file(home, table, file, now=NOW, synthetic=True)
        assert report.rejected == 0, report.rejects


def _lines(rows: Sequence[Mapping[str, Any]], seed: int | None) -> Iterator[str]:
    order = list(rows)
    if seed is not None:
        random.Random(seed).shuffle(order)
    yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in order)
