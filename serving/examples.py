"""Examples of the API, in Vietnamese, with invented creators only. Shown in the OpenAPI file; the tests send them."""

from __future__ import annotations

from typing import Any, Final

ONLINE_PROCEDURES: Final[dict[str, Any]] = {
    "title": "Tuyên truyền dịch vụ công trực tuyến cho thanh niên",
    "text": "Vận động thanh niên Thành phố nộp hồ sơ qua Cổng dịch vụ công và dùng định danh điện tử VNeID.",
    "must": ["dịch vụ công trực tuyến"],
    "nice": ["VNeID"],
    "must_not": ["cá cược"],
    "provinces": ["hcmc"],
    "platforms": ["tiktok", "youtube"],
    "team_size": 5,
    "top": 10,
}
WITHOUT_DIACRITICS: Final[dict[str, Any]] = {"title": "an toan thuc pham duong pho", "explain": False}

REQUESTS: Final[dict[str, Any]] = {
    "dich_vu_cong": {"summary": "Dịch vụ công trực tuyến, đủ yêu cầu", "value": ONLINE_PROCEDURES},
    "khong_dau": {"summary": "Gõ không dấu, chỉ lấy danh sách", "value": WITHOUT_DIACRITICS},
}

MODEL: Final = {"bundle_id": "3fa1c0d97b52", "created_month": "2026-11"}
_LABEL: Final[dict[str, Any]] = {
    "synthetic": True,
    "label_vi": "Dữ liệu tổng hợp để minh họa: không có người thật.",
    "label_en": "Synthetic sample data: no real person.",
}
SHORTLIST: Final[dict[str, Any]] = {
    "shortlist_id": "list_5b0c61e0a97d4f32c8e1",
    "brief_id": "brief_0d7f4be2915ac3380f6a",
    **_LABEL,
    "entries": [
        {
            "rank": 1,
            "creator_id": "syn-0007",
            "name": "Minh Anh Kể Chuyện Phường (tổng hợp)",
            "kind": "person",
            "score": 1.25,
            "parts": [
                {"name": "words", "value": 0.75, "multiplier": 2.117},
                {"name": "meaning", "value": 0.5, "multiplier": 1.6487},
            ],
            "evidence": [
                {
                    "post_id": "syn-p-0412",
                    "platform": "tiktok",
                    "published_at": "2026-10-02T12:00:00+07:00",
                    "text": "Nộp hồ sơ dịch vụ công trực tuyến tại nhà chỉ trong mười phút",
                    "url": None,
                    "matched": ["dịch", "vụ", "công", "trực", "tuyến"],
                    "weight": 0.5,
                }
            ],
            "hashtags": ["dichvucong", "cuocsongsaigon"],
            "facets": [
                {
                    "kind": "must",
                    "facet": "dịch vụ công trực tuyến",
                    "strength": 0.9,
                    "covered": True,
                    "post_id": "syn-p-0412",
                    "matched": ["dịch", "vụ", "công", "trực", "tuyến"],
                }
            ],
            "against": [
                {
                    "code": "few_posts",
                    "label_vi": "ít hơn 10 bài: chưa đủ căn cứ",
                    "label_en": "fewer than 10 posts: little to go on",
                }
            ],
        }
    ],
    "uncovered": ["VNeID"],
    "unknown_words": [],
    "excluded": [{"reason": "opted_out", "count": 2}],
    "model": MODEL,
    "decision": {
        "law": "134/2025/QH15, Điều 27",
        "note_vi": "Danh sách này chỉ để hỗ trợ. Người có thẩm quyền xem xét, quyết định và chịu trách nhiệm.",
        "note_en": "This list only supports. A person in charge reviews it, decides and answers for the decision.",
    },
}
CREATOR: Final[dict[str, Any]] = {
    "creator_id": "syn-0007",
    "name": "Minh Anh Kể Chuyện Phường (tổng hợp)",
    "kind": "person",
    "category": None,
    "platforms": [{"platform": "tiktok", "handle": "@minhanh.syn", "url": None, "followers": 125000, "verified": None}],
    "post_count": 64,
    "first_post_at": "2025-06-01T08:00:00+07:00",
    "last_post_at": "2026-11-02T19:30:00+07:00",
    "hashtags": ["dichvucong", "hanhchinh"],
    **_LABEL,
    "model": MODEL,
}
