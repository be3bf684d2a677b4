"""Words for codes, by kind and code: (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from features.provinces import PROVINCES
from serving.problems import Language

CODES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "role": {
        "viewer": ("người xem", "viewer"),
        "staff": ("chuyên viên", "staff"),
        "approver": ("người duyệt", "approver"),
        "admin": ("quản trị viên", "administrator"),
    },
    "status": {
        "draft": ("bản nháp", "draft"),
        "proposed": ("đã đề xuất", "proposed"),
        "approved": ("đã duyệt", "approved"),
    },
    "step": {"draft": ("trả lại", "sent back"), "proposed": ("đề xuất", "proposed"), "approved": ("duyệt", "approved")},
    "decision": {
        "shortlisted": ("đưa vào danh sách", "shortlisted"),
        "invited": ("mời", "invited"),
        "rejected": ("không chọn", "rejected"),
    },
    "platform": {
        "tiktok": ("TikTok", "TikTok"),
        "youtube": ("YouTube", "YouTube"),
        "facebook": ("Facebook", "Facebook"),
        "instagram": ("Instagram", "Instagram"),
        "zalo": ("Zalo", "Zalo"),
        "threads": ("Threads", "Threads"),
        "other": ("khác", "other"),
    },
    "format": {
        "video": ("video", "video"),
        "live": ("phát trực tiếp", "live"),
        "image": ("hình ảnh", "image"),
        "text": ("bài viết", "text"),
        "audio": ("âm thanh", "audio"),
    },
    "kind": {
        "person": ("cá nhân", "person"),
        "press": ("cơ quan báo chí", "press"),
        "organisation": ("tổ chức", "organisation"),
        "network": ("mạng lưới", "network"),
    },
    "tier": {
        "nano": ("dưới 10.000", "below 10,000"),
        "micro": ("10.000 – 100.000", "10,000 – 100,000"),
        "mid": ("100.000 – 500.000", "100,000 – 500,000"),
        "macro": ("500.000 – 1.000.000", "500,000 – 1,000,000"),
        "mega": ("từ 1.000.000", "1,000,000 and more"),
    },
    "area": {
        "hcmc": ("Thành phố Hồ Chí Minh", "Ho Chi Minh City"),
        "vietnam": ("cả nước", "the whole country"),
        "other": ("tỉnh, thành khác", "other provinces"),
    },
    "order": {
        "impact": ("số người trẻ tiếp cận, thận trọng", "young people reached, careful"),
        "expected": ("số người trẻ tiếp cận, trung bình", "young people reached, on average"),
        "fit": ("mức phù hợp chủ đề", "fit alone"),
    },
    "sort": {
        "rank": ("hạng đề xuất", "place on the list"),
        "viewers": ("người xem trẻ, mức giữa", "young viewers, middle"),
        "careful": ("người xem trẻ, mức thấp", "young viewers, lower end"),
        "fit": ("phù hợp chủ đề", "fit"),
        "cost": ("chi phí thấp trước", "lowest cost first"),
    },
    "facet": {
        "topic": ("chủ đề", "topic"),
        "found": ("thấy trong văn bản", "found in the text"),
        "must": ("bắt buộc", "must"),
        "nice": ("nên có", "welcome"),
        "must_not": ("phải tránh", "avoid"),
    },
    "part": {
        "views": ("lượt xem một bài", "views of a post"),
        "topic_lift": ("chủ đề này so với bài khác", "this topic against their others"),
        "audience": ("tỷ lệ người trẻ ở địa bàn", "share of the young in the area"),
        "fit": ("phù hợp chủ đề", "fit"),
        "caution": ("thận trọng: mức thấp của khoảng", "caution: lower end of the interval"),
        "mean": ("trung bình so với trung vị", "mean against median"),
        "words": ("từ ngữ", "words"),
        "meaning": ("nghĩa", "meaning"),
        "hashtags": ("thẻ chủ đề", "hashtags"),
        "activity": ("mức độ đăng bài", "activity"),
        "wording": ("lời văn riêng", "own wording"),
        "must": ("ý bắt buộc", "required points"),
        "nice": ("ý nên có", "welcome points"),
        "must_not": ("điều phải tránh", "what is to be avoided"),
    },
    "excluded": {
        "opted_out": ("đã yêu cầu không tham gia", "opted out"),
        "minor": ("chưa thành niên", "minors"),
        "blocked": ("bị chặn trong chiến dịch này", "blocked for this campaign"),
        "erased": ("đã yêu cầu xóa dữ liệu", "erased"),
        "outside": ("không đăng ở nền tảng, dạng nội dung cần", "not on the platforms or in the formats wanted"),
        "filtered": ("không đạt điều kiện lọc", "outside the filters"),
    },
    "check": {
        "verified_account": ("tài khoản xác thực", "verified account"),
        "ad_disclosure": ("ghi rõ nội dung quảng cáo", "advertising disclosed"),
        "unsafe_words": ("từ ngữ không phù hợp", "unsafe words"),
        "conflict": ("trái điều phải tránh của yêu cầu", "what the brief avoids"),
        "bought_attention": ("dấu hiệu mua tương tác", "bought attention"),
    },
    "known": {"yes": ("có", "yes"), "no": ("không", "no"), "unknown": ("chưa rõ", "not known")},
    "rights": {
        "access": ("xem dữ liệu", "access"),
        "correction": ("sửa dữ liệu", "correction"),
        "opt_out": ("rút, không tham gia", "opt-out"),
        "erasure": ("xóa dữ liệu", "erasure"),
    },
    "rights_step": {"answer": ("trả lời người yêu cầu", "answer"), "complete": ("thực hiện", "carry out")},
    "disposition": {
        "open": ("chưa kết luận", "open"),
        "cleared": ("không có vấn đề", "cleared"),
        "accepted": ("chấp nhận, có lưu ý", "accepted with a note"),
        "blocked": ("chặn trong chiến dịch này", "blocked for this campaign"),
    },
}


def labels(language: Language) -> dict[str, dict[str, str]]:
    """The words for the codes of each kind, in one language."""
    place = int(language == "en")
    provinces = {code: name for code, (name, _, _) in PROVINCES.items()}  # a name is the same in both
    return {kind: {code: said[place] for code, said in codes.items()} for kind, codes in CODES.items()} | {
        "province": provinces
    }
