"""What the gate says in words, Vietnamese first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from training.measures import Interval

# verdict -> (Vietnamese, English)
VERDICTS: Final = {
    "better": ("tốt hơn", "better"),
    "worse": ("kém hơn", "worse"),
    "draw": ("ngang nhau", "a draw"),
    "holds": ("đạt", "holds"),
    "stops": ("KHÔNG ĐẠT", "STOPS"),
    "unknown": ("chưa đủ để kết luận", "too little to tell"),
}
# The beginning of a check's name -> (Vietnamese, English)
NAMES: Final = {
    "relevance: post MRR": ("Ai là người đăng bài tiếp theo (MRR)", "Whose next post (MRR)"),
    "relevance: tag nDCG@10": (
        "Ai tham gia chiến dịch theo thẻ (nDCG@10)",
        "Who joins a campaign, by hashtag (nDCG@10)",
    ),
    "relevance: topic nDCG@10": (
        "Ai tham gia chiến dịch theo nội dung bài (nDCG@10)",
        "Who joins a campaign, by a caption (nDCG@10)",
    ),
    "forecast: pinball": ("Sai số dự báo lượt xem", "Loss of the views forecast"),
    "forecast: interval 80": ("Khoảng 80 % chứa thực tế", "80 % intervals hold what came"),
    "golden briefs": ("Yêu cầu mẫu chuẩn giữ đúng", "Golden briefs kept"),
    "exposure:": ("Phần chỗ trong 20 người đầu", "Share of the first 20 places"),
    "speed": ("Thời gian lập danh sách", "Time of a list"),
    "size": ("Dung lượng gói", "Size of the bundle"),
    "input: volume": ("Số bài của tháng / bình thường", "Posts of the month / usual"),
    "input: duplicates": ("Bài trùng nội dung", "Repeated texts"),
    "input: platforms": ("Nền tảng bị thiếu", "Platforms missing"),
    "input: rejected rows": ("Dòng bị loại / đọc được", "Rows rejected / read"),
}
# A group of creators, or the beginning of its name -> (Vietnamese, English)
_GROUPS: Final = {
    "followers ?": ("chưa rõ số người theo dõi", "followers not known"),
    "followers": ("người theo dõi", "followers"),
    "province": ("tỉnh, thành", "province"),
    "kind person": ("cá nhân", "persons"),
    "kind press": ("báo chí", "press"),
    "kind organisation": ("tổ chức", "organisations"),
    "kind network": ("mạng lưới", "networks"),
}
_REASONS: Final = {
    "better": (
        "Mô hình mới tốt hơn ở ít nhất một thước đo và không kém ở thước đo nào: đưa vào dùng.",
        "The challenger is better in at least one comparison and worse in none: it goes live.",
    ),
    "tie": (
        "Không thước đo nào cho thấy mô hình mới tốt hơn: hòa, giữ mô hình đang dùng.",
        "No comparison shows the challenger better: a tie, the champion stays.",
    ),
    "alone": (
        "Không có mô hình đang dùng nào trả lời được: đưa mô hình mới vào dùng.",
        "There is no champion that can answer: the challenger goes live.",
    ),
    "worse": (
        "Giữ mô hình đang dùng vì mô hình mới không đạt: {}.",
        "The champion stays, as the challenger fails: {}.",
    ),
}


def name_words(name: str) -> tuple[str, str]:
    """A check's name for people."""
    if name in NAMES:
        return NAMES[name]
    beginning = next((begin for begin in NAMES if begin.endswith(":") and name.startswith(begin)), None)
    rest = name[len(beginning) :].strip() if beginning else name
    vi, en = NAMES[beginning] if beginning else ("", "")
    group_vi, group_en = _group_words(rest)
    return f"{vi}: {group_vi}", f"{en}: {group_en}"


def _group_words(group: str) -> tuple[str, str]:
    what, _, which = group.partition(" ")
    vi, en = _GROUPS.get(group, _GROUPS.get(what, (what, what)))
    return (vi, en) if group in _GROUPS else (f"{vi} {which}", f"{en} {which}")


def interval_numbers(asked: int, champion: float, challenger: float, difference: Interval) -> str:
    """The figures of a comparison: both means, their difference with its 95 % interval, and how much was asked."""
    interval = f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    return f"{champion:.3f} → {challenger:.3f}, {interval}, n = {asked}"


def sentence(name: str, verdict: str, numbers: str) -> tuple[str, str]:
    """A check as a sentence in both languages."""
    (vi, en), (told_vi, told_en) = name_words(name), VERDICTS[verdict]
    return f"{vi}: {told_vi} ({numbers})", f"{en}: {told_en} ({numbers})"


def reason_words(reason: str, failed: Sequence[str]) -> tuple[str, str]:
    """Why the gate decided as it did, in both languages."""
    vi, en = _REASONS[reason]
    names = [name_words(name) for name in failed]
    return vi.format("; ".join(name for name, _ in names)), en.format("; ".join(name for _, name in names))
