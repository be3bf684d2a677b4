"""What the sign-in pages say, in Vietnamese and English."""

from __future__ import annotations

from typing import Final

from serving.problems import Language

WORDS: Final[dict[str, dict[Language, str]]] = {
    "sign_in": {"vi": "Đăng nhập", "en": "Sign in"},
    "with_portal": {"vi": "Đăng nhập bằng tài khoản của cổng", "en": "Sign in with your portal account"},
    "new_tab": {"vi": "(mở thẻ mới)", "en": "(opens a new tab)"},
    "with_key": {"vi": "Đăng nhập bằng khóa", "en": "Sign in with a key"},
    "key": {"vi": "Khóa truy cập", "en": "Access key"},
    "key_hint": {
        "vi": "Bắt đầu bằng kolm_, do quản trị viên cấp.",
        "en": "It begins with kolm_ and comes from your administrator.",
    },
    "key_wrong": {
        "vi": "Khóa không đúng, đã hết hạn hoặc đã bị thu hồi. Hãy kiểm tra lại, hoặc hỏi quản trị viên.",
        "en": "The key is wrong, has expired or was revoked. Check it, or ask your administrator.",
    },
    "expired": {
        "vi": "Phiên làm việc đã hết hạn. Những gì vừa nhập vẫn còn: đăng nhập rồi gửi tiếp.",
        "en": "Your session has ended. What you typed is still here: sign in, then send it.",
    },
    "already": {
        "vi": "Đã đăng nhập ở thẻ khác? Bấm để tiếp tục.",
        "en": "Signed in in the other tab? Go on here.",
    },
    "go_on": {"vi": "Tiếp tục", "en": "Go on"},
    "again": {"vi": "Gửi lại nội dung đã nhập", "en": "Send what you typed"},
    "again_why": {
        "vi": "Biểu mẫu này được mở trong phiên làm việc trước nên chưa được gửi. Hãy xem lại rồi gửi.",
        "en": "This form was opened in an earlier session, so it has not been sent. Look it over, then send it.",
    },
    "choose_again": {"vi": "Chọn lại tệp", "en": "Choose the file again"},
    "send": {"vi": "Gửi", "en": "Send"},
    "discard": {"vi": "Bỏ, về trang đầu", "en": "Discard, go to the first page"},
    "done": {"vi": "Đã đăng nhập", "en": "Signed in"},
    "back_to_tab": {
        "vi": "Có thể đóng thẻ này và quay lại thẻ trước để gửi tiếp nội dung đã nhập.",
        "en": "You may close this tab and go back to the one before, to send what you typed.",
    },
    "home": {"vi": "Trang đầu", "en": "First page"},
}


def words(language: Language) -> dict[str, str]:
    """Every text in one language."""
    return {name: text[language] for name, text in WORDS.items()}
