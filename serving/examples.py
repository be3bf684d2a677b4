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
    "by": "impact",
    "entries": [
        {
            "rank": 1,
            "creator_id": "syn-0007",
            "name": "Minh Anh Kể Chuyện Phường (tổng hợp)",
            "kind": "person",
            "score": 1.25,
            "state": {"code": "ok", "label_vi": "đủ dữ liệu", "label_en": "enough data"},
            "reach": {
                "platform": "tiktok",
                "format": "video",
                "views": {"p10": 6100.0, "p50": 14000.0, "p90": 41000.0},
                "lift": {"p10": 0.95, "p50": 1.1, "p90": 1.27},
                "share": {"p10": 0.21, "p50": 0.26, "p90": 0.32},
                "viewers": {"p10": 1500.0, "p50": 3640.0, "p90": 10900.0},
                "expected": 5200.0,
                "posts": 61,
                "source": "platform",
                "source_vi": "nền tảng báo cáo",
                "source_en": "reported by the platform",
                "place_source": "platform",
                "as_of": "2026-10-01",
                "sample_size": 4200,
                "conflict": None,
                "cost_per_thousand_vnd": 960000.0,
            },
            "tie": 1,
            "impact": [
                {"name": "views", "value": 9.45, "multiplier": 12708.2, "weight": 1.0},
                {"name": "topic_lift", "value": 0.1, "multiplier": 1.105, "weight": 1.0},
                {"name": "audience", "value": -1.35, "multiplier": 0.259, "weight": 1.0},
                {"name": "fit", "value": 0.0, "multiplier": 1.0, "weight": 1.5},
                {"name": "caution", "value": -0.89, "multiplier": 0.411, "weight": 1.0},
            ],
            "flags": [],
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
    "shifts": [],
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
