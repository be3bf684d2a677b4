"""Signs of bought attention in words: which figure does not fit, beside those of which peers. Never part of a score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Short labels by signal: (Vietnamese, English), as `models.shortlist.AGAINST`.
SIGNALS: Final = {
    "few_likes": ("lượt thích ít bất thường so với lượt xem", "unusually few likes for the views"),
    "few_comments": ("bình luận ít bất thường so với lượt xem", "unusually few comments for the views"),
    "unshared_spikes": ("lượt xem tăng vọt mà không ai chia sẻ", "view spikes that nobody shares"),
    "unseen_followers": ("nhiều người theo dõi nhưng ít người xem", "many followers, few of whom watch"),
    "repeated_comments": ("số bình luận lặp lại y hệt ở nhiều bài", "the same number of comments on many posts"),
}
# The numbers behind a sign; the value and the peers' median are written as the signal's unit says.
NUMBERS: Final = {
    "few_likes": (
        "một phần năm số bài có không quá {value} lượt thích mỗi 1.000 lượt xem, trung vị của nhóm là {median}",
        "a fifth of the posts have at most {value} likes per 1,000 views, the group's median is {median}",
    ),
    "few_comments": (
        "một phần năm số bài có không quá {value} bình luận mỗi 1.000 lượt xem, trung vị của nhóm là {median}",
        "a fifth of the posts have at most {value} comments per 1,000 views, the group's median is {median}",
    ),
    "unshared_spikes": (
        "khi lượt xem tăng vọt, lượt chia sẻ chỉ bằng {value} % mức của các bài khác, trung vị của nhóm là {median} %",
        "in view spikes, shares are {value} % of what other posts have, the group's median is {median} %",
    ),
    "unseen_followers": (
        "{value} người theo dõi trên mỗi lượt xem của một bài thường, trung vị của nhóm là {median}",
        "{value} followers for each view of a usual post, the group's median is {median}",
    ),
    "repeated_comments": (
        "{value} % số bài có cùng một số bình luận, trung vị của nhóm là {median} %",
        "{value} % of the posts have the same number of comments, the group's median is {median} %",
    ),
}
_UNITS: Final = {
    "few_likes": 1000.0,
    "few_comments": 1000.0,
    "unshared_spikes": 100.0,
    "unseen_followers": 1.0,
    "repeated_comments": 100.0,
}
GROUP: Final = (
    "{posts} bài; nhóm so sánh: {peers} tài khoản {group}; lệch {deviation} độ lệch chuẩn",
    "{posts} posts; compared with {peers} accounts on {group}; {deviation} standard deviations away",
)
# Usual views of a post, by the size in a group's name.
SIZES: Final = {
    "0": ("dưới 1.000 lượt xem mỗi bài", "below 1,000 views a post"),
    "1": ("1.000 đến 10.000 lượt xem mỗi bài", "1,000 to 10,000 views a post"),
    "2": ("10.000 đến 100.000 lượt xem mỗi bài", "10,000 to 100,000 views a post"),
    "3": ("từ 100.000 lượt xem mỗi bài", "100,000 views a post and more"),
}


def attention_text(flag: Mapping[str, Any]) -> tuple[str, str]:
    """One row of `training.attention.bought_attention` as a sentence with its numbers: (Vietnamese, English)."""
    signal, unit = flag["signal"], _UNITS[flag["signal"]]
    numbers = {"value": _written(flag["value"] * unit), "median": _written(flag["group_median"] * unit)}
    of_group = {
        "peers": f"{flag['group_size']:,}",
        "posts": f"{flag['posts']:,}",
        "deviation": f"{flag['deviation']:.1f}",
    }
    platform, _, size = str(flag["group"]).partition("/")
    vi, en = (
        f"{SIGNALS[signal][language]}: "
        + NUMBERS[signal][language].format(**_spelled(numbers, language))
        + f" ({GROUP[language].format(group=_group(platform, size, language), **_spelled(of_group, language))})"
        for language in (0, 1)
    )
    return vi, en


def _group(platform: str, size: str, language: int) -> str:
    return f"{platform}, {SIZES[size][language]}" if size else platform


def _written(value: float) -> str:
    """Three digits that tell something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _spelled(numbers: Mapping[str, str], language: int) -> dict[str, str]:
    """Vietnamese writes 1.234,5 what English writes 1,234.5."""
    swapped = str.maketrans(",.", ".,")
    return {name: text if language else text.translate(swapped) for name, text in numbers.items()}
