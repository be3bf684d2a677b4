"""What is wrong with single values of a request, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.patterns import ANY_TEXT, SAYS_SOMETHING

MAX_FAULTS: Final = 50  # a person mends the first few; a body of a thousand wrong keys must not answer with a thousand
MAX_POINTER: Final = 200  # characters; a pointer may repeat a key that the client chose

# pydantic's error types -> (English, Vietnamese), filled from the error's context. The rest get `_OTHER`.
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("This is required.", "Bắt buộc phải có."),
    "extra_forbidden": ("There is no such field.", "Không có trường này."),
    "string_type": ("Give a text.", "Phải là văn bản."),
    "string_unicode": ("Give a text in valid UTF-8.", "Phải là văn bản UTF-8 hợp lệ."),
    "string_too_short": ("Give at least {min_length} characters.", "Cần ít nhất {min_length} ký tự."),
    "string_too_long": ("Give at most {max_length} characters.", "Nhiều nhất {max_length} ký tự."),
    "string_pattern_mismatch": ("It must have the form {pattern}", "Phải đúng dạng {pattern}"),
    "int_type": ("Give a whole number.", "Phải là số nguyên."),
    "int_from_float": ("Give a whole number.", "Phải là số nguyên."),
    "int_parsing": ("Give a whole number, in digits.", "Phải là số nguyên, viết bằng chữ số."),
    "int_parsing_size": ("The number is too large.", "Số quá lớn."),
    "finite_number": ("Give a finite number.", "Phải là số hữu hạn."),
    "greater_than_equal": ("Give {ge} or more.", "Phải từ {ge} trở lên."),
    "less_than_equal": ("Give {le} or less.", "Nhiều nhất là {le}."),
    "bool_type": ("Give true or false.", "Phải là true hoặc false."),
    "list_type": ("Give a list.", "Phải là danh sách."),
    "too_short": ("Give at least {min_length} items.", "Cần ít nhất {min_length} mục."),
    "date_type": ("Give a day such as 2026-12-31.", "Phải là một ngày, ví dụ 2026-12-31 (năm-tháng-ngày)."),
    "too_long": ("Give at most {max_length} items.", "Nhiều nhất {max_length} mục."),
    "literal_error": ("Give one of {expected}.", "Phải là một trong: {expected}."),
    "model_attributes_type": ("Give a JSON object.", "Phải là đối tượng JSON."),
    "model_type": ("Give a JSON object.", "Phải là đối tượng JSON."),
    "dict_type": ("Give a JSON object.", "Phải là đối tượng JSON."),
}
# Patterns that a person meets in a form, in words.
_PATTERNS: Final[Mapping[str, tuple[str, str]]] = {
    SAYS_SOMETHING: ("Write something: at least one letter or digit.", "Hãy ghi nội dung: ít nhất một chữ hoặc số."),
    ANY_TEXT: ("NUL characters are not taken.", "Không nhận ký tự NUL."),
}
_OTHER: Final = ("This value does not fit.", "Giá trị này không hợp lệ.")


class Fault(BaseModel):
    """One value that does not fit."""

    model_config = ConfigDict(populate_by_name=True)

    part: Annotated[
        Literal["body", "path", "query", "header"], Field(alias="in", description="Where the value was sent")
    ]
    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into that part", examples=["#/age_min"])]
    code: Annotated[str, Field(description="Stable name of the rule", examples=["greater_than_equal"])]
    detail: Annotated[str, Field(description="In the language asked for", examples=["Phải từ 0 trở lên."])]
    detail_vi: str
    detail_en: str

    def in_language(self, language: Literal["vi", "en"]) -> Fault:
        """The same with `detail` in the language asked for."""
        return self.model_copy(update={"detail": self.detail_vi if language == "vi" else self.detail_en})


def faults(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Pydantic's errors as ours, the first `MAX_FAULTS`; the values themselves are not repeated."""
    return [_fault(error) for error, _ in zip(errors, range(MAX_FAULTS), strict=False)]


def _fault(error: Mapping[str, Any]) -> Fault:
    part, *steps = error["loc"]
    context = error.get("ctx", {})
    sentences = _PATTERNS.get(context.get("pattern", "")) or _SENTENCES.get(error["type"], _OTHER)
    en, vi = (sentence.format_map(context) for sentence in sentences)
    if error["type"] == "literal_error":  # pydantic joins the last two in English
        vi = vi.replace("' or '", "' hoặc '")
    return Fault(part=part, pointer=_pointer(steps), code=error["type"], detail=vi, detail_vi=vi, detail_en=en)


def _pointer(steps: Iterable[str | int]) -> str:
    """RFC 6901 in its fragment form, cut to a sane length and without what UTF-8 cannot hold."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    pointer = "#" + "".join(f"/{step}" for step in escaped)
    return pointer[:MAX_POINTER].encode("utf-8", "replace").decode("utf-8")
