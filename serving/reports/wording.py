"""Words of the paper: codes of the answer as an official reads them. Vietnamese writes 1.234,5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from features.provinces import PROVINCES
from models.attention import SIGNALS

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
KINDS: Final = {
    "person": "cá nhân",
    "press": "cơ quan báo chí",
    "organisation": "tổ chức",
    "network": "mạng lưới",
}
ORDERS: Final = {
    "impact": "số người trẻ một bài tiếp cận được, lấy mức thấp của khoảng tin cậy, nhân với mức phù hợp chủ đề",
    "expected": "số người trẻ trung bình một bài tiếp cận được, nhân với mức phù hợp chủ đề",
    "fit": "mức phù hợp chủ đề",
}
EXCLUDED: Final = {
    "opted_out": "đã yêu cầu không tham gia",
    "minor": "chưa thành niên",
    "blocked": "bị người có thẩm quyền chặn trong chiến dịch này",
    "erased": "đã yêu cầu xóa dữ liệu",
    "outside": "không đăng trên nền tảng hoặc dạng nội dung của yêu cầu",
    "filtered": "không đạt điều kiện lọc",
}
TIERS: Final = {
    "nano": "dưới 10.000",
    "micro": "10.000 đến dưới 100.000",
    "mid": "100.000 đến dưới 500.000",
    "macro": "500.000 đến dưới 1.000.000",
    "mega": "từ 1.000.000",
}
DECISIONS: Final = {"shortlisted": "đưa vào danh sách", "invited": "mời", "rejected": "không chọn"}
CHECKS: Final = {
    "verified_account": "tài khoản xác thực",
    "ad_disclosure": "ghi rõ nội dung quảng cáo",
    "unsafe_words": "từ ngữ không phù hợp",
    "conflict": "trái điều phải tránh của yêu cầu",
    "bought_attention": "dấu hiệu mua tương tác",
}
DISPOSITIONS: Final = {
    "open": "CHƯA KẾT LUẬN",
    "cleared": "không có vấn đề",
    "accepted": "chấp nhận, có lưu ý",
    "blocked": "CHẶN trong chiến dịch này",
}
STEPS: Final = {"draft": "trả lại", "proposed": "đề xuất", "approved": "duyệt"}
FORMATS: Final = {
    "video": "video",
    "live": "phát trực tiếp",
    "image": "hình ảnh",
    "text": "bài viết",
    "audio": "âm thanh",
}


def conditions(filters: Mapping[str, Any]) -> list[str]:
    """What a creator had to be to be listed; none where anybody might."""
    provinces = [PROVINCES[name][0] if name in PROVINCES else name for name in filters.get("home_provinces") or ()]
    rate, verified = filters.get("max_rate_vnd"), filters.get("verified")
    said = {
        "loại": ", ".join(KINDS.get(kind, kind) for kind in filters.get("kinds") or ()),
        "số người theo dõi": ", ".join(TIERS.get(tier, tier) for tier in filters.get("tiers") or ()),
        "nơi ở": ", ".join(provinces),
        "giá một bài nhiều nhất": "" if rate is None else f"{rate:,} đồng".replace(",", "."),
        "tài khoản": "" if verified is None else f"{'đã' if verified else 'chưa'} được nền tảng xác thực",
    }
    return [f"{label}: {value}" for label, value in said.items() if value]


def number(value: float) -> str:
    """A count in two digits that tell something: 12.000 rather than 12.345 viewers that nobody knows to the unit."""
    if value < 10:
        return f"{value:.1f}".replace(".", ",")
    digits = len(str(int(value)))
    rounded = round(value, 2 - digits)
    return f"{rounded:,.0f}".replace(",", ".")


def share(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.0f} %"


def day(value: date | datetime | str | None) -> str:
    """A day as officials write it, in Vietnam's time; nothing when not known."""
    if value is None:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM)
    return f"{value:%d/%m/%Y}"


def viewers(entry: Mapping[str, Any]) -> str:
    """Young viewers of one post with the 80 % interval, or why nothing is said."""
    reach = entry.get("reach")
    if reach is None:
        state = entry.get("state") or {}
        return str(state.get("label_vi", "")) if state.get("code") != "ok" else ""
    where = ", ".join(part for part in (reach["platform"], FORMATS.get(reach["format"] or "")) if part)
    points = reach["viewers"]
    return f"{number(points['p50'])} (từ {number(points['p10'])} đến {number(points['p90'])}); {where}"


def audience(entry: Mapping[str, Any]) -> str:
    """Where the share of the young comes from, how large it is, of when and of how many."""
    reach = entry.get("reach")
    if reach is None:
        return ""
    said = [str(reach["source_vi"]), f"tỷ lệ {share(reach['share']['p50'])}"]
    if reach.get("sample_size"):
        said.append(f"{number(reach['sample_size'])} người")
    if reach.get("as_of"):
        said.append(day(str(reach["as_of"])))
    return "; ".join(said)


def remarks(entry: Mapping[str, Any]) -> str:
    """What speaks against a place, signs of bought attention by name."""
    said = [str(one["label_vi"]) for one in entry.get("against") or ()]
    said += [SIGNALS[flag["signal"]][0] for flag in entry.get("flags") or () if flag["signal"] in SIGNALS]
    return "; ".join(dict.fromkeys(said))
