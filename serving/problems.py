"""Every refusal in one shape: RFC 9457 problem details, in Vietnamese and English.

`KINDS` is the whole list of what the service refuses and how; `docs/api.md` explains each code.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from kolmatch.errors import KolmatchError, NotSignedIn, Overloaded, StoreError, StoreNewer, TooManyRequests
from serving.envelope import LIMIT_KEY, REFUSAL, REQUEST_ID_HEADER, SECURITY_HEADERS, request_id
from serving.faults import Fault, faults

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5  # loading a month's model takes seconds, not minutes

Language: TypeAlias = Literal["vi", "en"]
_log = logging.getLogger("kolmatch.serving")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: its code, HTTP status and title."""

    code: str
    status: int
    en: str
    vi: str


VALIDATION: Final = Kind("validation", 422, "The request does not fit the contract", "Yêu cầu không đúng quy cách")
BROKEN_JSON: Final = Kind("broken_json", 400, "The body is not JSON", "Nội dung gửi lên không phải JSON")
UNKNOWN_PATH: Final = Kind("unknown_path", 404, "No such address", "Không có địa chỉ này")
METHOD: Final = Kind("method_not_allowed", 405, "Method not allowed", "Phương thức không được phép")
TOO_LARGE: Final = Kind("too_large", 413, "The body is too large", "Nội dung gửi lên quá lớn")
MEDIA_TYPE: Final = Kind("media_type", 415, "This kind of content is not taken here", "Không nhận loại nội dung này")
NOT_READY: Final = Kind("not_ready", 503, "No model is loaded", "Chưa có mô hình nào được nạp")
INTERNAL: Final = Kind("internal", 500, "Internal error", "Lỗi nội bộ")
BRIEF_REFUSED: Final = Kind("brief_refused", 422, "The brief cannot be answered", "Không xử lý được bản yêu cầu")
UNKNOWN_CREATOR: Final = Kind("unknown_creator", 404, "No such creator", "Không có nhà sáng tạo này")
INPUT_REFUSED: Final = Kind("input_refused", 422, "What was sent cannot be used", "Không dùng được nội dung gửi lên")
UPLOAD_REFUSED: Final = Kind("upload_refused", 422, "The document cannot be read", "Không đọc được tài liệu")
NOT_SIGNED_IN: Final = Kind("not_signed_in", 401, "Not signed in", "Chưa đăng nhập")
NOT_ALLOWED: Final = Kind("not_allowed", 403, "Not allowed", "Không có quyền")
UNKNOWN_RECORD: Final = Kind("unknown_record", 404, "No such record", "Không có mục này")
CONFLICT: Final = Kind("conflict", 409, "It does not go with what is there", "Xung đột với dữ liệu hiện có")
OUTDATED: Final = Kind("outdated", 412, "It was changed in between", "Đã có người sửa trước đó")
UNMATCHED: Final = Kind("precondition_required", 428, "If-Match is missing", "Thiếu If-Match")
TOO_MANY: Final = Kind("too_many_requests", 429, "Too many requests", "Quá nhiều yêu cầu")
OVERLOADED: Final = Kind("overloaded", 503, "Too much at once", "Quá tải")
STORE: Final = Kind("store", 503, "The store cannot be used", "Không dùng được kho lưu trữ")
BAD_REQUEST: Final = Kind("bad_request", 400, "The request cannot be answered", "Không xử lý được yêu cầu")

KINDS: Final[Mapping[str, Kind]] = {
    kind.code: kind
    for kind in (
        VALIDATION,
        BROKEN_JSON,
        UNKNOWN_PATH,
        METHOD,
        TOO_LARGE,
        MEDIA_TYPE,
        NOT_READY,
        INTERNAL,
        BRIEF_REFUSED,
        UNKNOWN_CREATOR,
        BAD_REQUEST,
        INPUT_REFUSED,
        UPLOAD_REFUSED,
        NOT_SIGNED_IN,
        NOT_ALLOWED,
        UNKNOWN_RECORD,
        CONFLICT,
        OUTDATED,
        UNMATCHED,
        TOO_MANY,
        OVERLOADED,
        STORE,
    )
}

# What to do, for refusals that come without a sentence of their own: (English, Vietnamese).
_ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    VALIDATION.code: (
        "Some values do not fit; `errors` names each. Correct them and send again.",
        "Một số giá trị không hợp lệ; `errors` nêu rõ từng chỗ. Hãy sửa rồi gửi lại.",
    ),
    BROKEN_JSON.code: (
        "The body cannot be read as JSON in UTF-8. Check quotes, commas and nesting.",
        "Không đọc được nội dung dưới dạng JSON mã UTF-8. Hãy kiểm tra dấu ngoặc, dấu phẩy và độ lồng nhau.",
    ),
    UNKNOWN_PATH.code: (
        "There is nothing at this address. /openapi.json lists the addresses that exist.",
        "Không có gì ở địa chỉ này. /openapi.json liệt kê các địa chỉ hiện có.",
    ),
    METHOD.code: (
        "This address does not take that method. The Allow header names those it takes.",
        "Địa chỉ này không nhận phương thức đó. Tiêu đề Allow nêu các phương thức được nhận.",
    ),
    MEDIA_TYPE.code: (
        "Send JSON with the header Content-Type: application/json, a document with its own (Word or PDF).",
        "Hãy gửi JSON với tiêu đề Content-Type: application/json, tài liệu với kiểu riêng của nó (Word hoặc PDF).",
    ),
    NOT_READY.code: (
        "No model is loaded yet. Try again shortly; if it stays so, run `kolmatch doctor` on the server.",
        "Chưa có mô hình nào được nạp. Hãy thử lại sau ít phút; nếu vẫn vậy, chạy `kolmatch doctor` trên máy chủ.",
    ),
    INTERNAL.code: (
        "Something went wrong on the server. Report the request id to whoever runs it.",
        "Máy chủ gặp lỗi. Hãy báo mã yêu cầu (request id) cho người quản trị.",
    ),
    UNMATCHED.code: (
        "Say with If-Match which revision you read: the ETag of its answer.",
        "Hãy cho biết bản đã đọc bằng If-Match: ETag trong câu trả lời.",
    ),
    OVERLOADED.code: (
        "More is asked at once than this service can answer. Try again in a few seconds.",
        "Quá nhiều yêu cầu cùng lúc. Hãy thử lại sau vài giây.",
    ),
    STORE.code: (
        "Briefs and decisions cannot be read or kept now; nothing was changed. Try again shortly.",
        "Hiện không đọc hay lưu được yêu cầu và quyết định; chưa có gì thay đổi. Hãy thử lại sau ít phút.",
    ),
    BAD_REQUEST.code: (
        "The request cannot be understood. Compare it with /openapi.json.",
        "Không hiểu được yêu cầu. Hãy đối chiếu với /openapi.json.",
    ),
}
_FORM_UNREAD: Final = (
    "The form cannot be read: it has too many fields, or one of them is too long. Shorten it and send it again; a long "
    "text is best sent as a Word or PDF file.",
    "Không đọc được biểu mẫu: quá nhiều ô, hoặc một ô quá dài. Hãy rút ngắn rồi gửi lại; văn bản dài nên gửi dưới dạng "
    "tệp Word hoặc PDF.",
)
_BY_STATUS: Final = {
    400: BROKEN_JSON,
    404: UNKNOWN_PATH,
    405: METHOD,
    413: TOO_LARGE,
    415: MEDIA_TYPE,
    428: UNMATCHED,
}


class Problem(BaseModel):
    """Why a request was refused. `title` and `detail` follow Accept-Language (default Vietnamese)."""

    type: Annotated[str, Field(description="URN of the code", examples=["urn:kolmatch:problem:validation"])]
    title: Annotated[str, Field(examples=[VALIDATION.vi])]
    status: Annotated[int, Field(ge=400, le=599, examples=[422])]
    code: Annotated[str, Field(description="Stable name of the refusal; see docs/api.md", examples=["validation"])]
    detail: Annotated[str, Field(examples=["Một số giá trị không hợp lệ; `errors` nêu rõ từng chỗ."])]
    detail_vi: str
    detail_en: str
    instance: Annotated[str, Field(description="URN of this one request", examples=["urn:kolmatch:request:9f2c41d0"])]
    request_id: Annotated[str, Field(description="The same as the X-Request-ID header", examples=["9f2c41d07b3a"])]
    errors: Annotated[list[Fault], Field(description="The values that do not fit; empty unless code is `validation`")]


def preferred_language(accept_language: str) -> Language:
    """The language a reader asked for (RFC 9110 §12.5.4); Vietnamese when it is neither or not said."""
    best: tuple[float, Language] = (0.0, "vi")
    for item in accept_language.split(","):
        tag, _, weight = "".join(item.lower().split()).partition(";q=")
        quality = _quality(weight)
        for language in ("vi", "en"):
            if tag.split("-")[0] == language and quality > best[0]:
                best = (quality, language)
    return best[1]


def _quality(weight: str) -> float:
    if not weight:
        return 1.0
    try:
        return min(1.0, max(0.0, float(weight)))
    except ValueError:
        return 0.0


def problem_response(
    request: Request,
    kind: Kind,
    text: tuple[str, str] | None = None,
    *,
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as a response: a page where `app.state.show_problem` makes one, else problem details.

    `text` is (English, Vietnamese); without it the kind's own advice is given.
    """
    en, vi = text or _ADVICE[kind.code]
    language = preferred_language(request.headers.get("accept-language", ""))
    identity = request_id(request.scope)
    request.scope[REFUSAL] = kind.code
    problem = Problem(
        type=f"urn:kolmatch:problem:{kind.code}",
        title=kind.vi if language == "vi" else kind.en,
        status=kind.status,
        code=kind.code,
        detail=vi if language == "vi" else en,
        detail_vi=vi,
        detail_en=en,
        instance=f"urn:kolmatch:request:{identity}",
        request_id=identity,
        errors=[fault.in_language(language) for fault in errors],
    )
    response = request.app.state.show_problem(request, problem) or Response(
        problem.model_dump_json(by_alias=True),
        kind.status,
        {"Content-Language": language, "Vary": "Accept-Language"},
        PROBLEM_JSON,
    )
    response.headers.update(headers or {})
    return response


def add_handlers(app: FastAPI) -> None:
    """Turn every error that reaches the application's edge into a problem."""
    app.add_exception_handler(KolmatchError, _kolmatch_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)


async def _kolmatch_error(request: Request, error: Exception) -> Response:
    """Ours. What a person can mend is said as it is; messages of failures inside may name paths and go to the log."""
    assert isinstance(error, KolmatchError)
    if error.http_status < 500:
        kind = KINDS.get(error.code, Kind(error.code, error.http_status, BAD_REQUEST.en, BAD_REQUEST.vi))
        return problem_response(request, kind, (_clean(error.en), _clean(error.vi)), headers=_telling(error))
    _log.warning("%s %s: %s", request_id(request.scope), error.code, error.en)
    if error.http_status == NOT_READY.status:
        kind = {Overloaded: OVERLOADED, StoreError: STORE, StoreNewer: STORE}.get(type(error), NOT_READY)
        return problem_response(request, kind, headers={"Retry-After": str(RETRY_AFTER_S)})
    return problem_response(request, INTERNAL)


def _telling(error: KolmatchError) -> dict[str, str]:
    """The headers that tell a program what to do."""
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_s)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, NotSignedIn) else {}


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem_response(request, BROKEN_JSON)
    return problem_response(request, VALIDATION, errors=faults(found))


async def _http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: unknown paths, methods, bodies."""
    assert isinstance(error, HTTPException)
    headers = _allowed(request) if error.status_code == METHOD.status else error.headers
    kind = _BY_STATUS.get(error.status_code, BAD_REQUEST)
    if kind is BROKEN_JSON and not request.headers.get("content-type", "").startswith("application/json"):
        return problem_response(request, BAD_REQUEST, _FORM_UNREAD, headers=headers)
    return problem_response(request, kind, too_large_here(request) if kind is TOO_LARGE else None, headers=headers)


def too_large_here(request: Request) -> tuple[str, str]:
    """What to do about a body that is too large, with how much is taken there: (English, Vietnamese)."""
    size = request.scope[LIMIT_KEY]
    limit = f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} KB"
    return (
        f"The body is larger than the {limit} that are taken here. Shorten the text, or choose a smaller file.",
        f"Nội dung lớn hơn mức {limit.replace('.', ',')} được nhận ở đây. Hãy rút ngắn văn bản, hoặc chọn tệp nhỏ hơn.",
    )


def _allowed(request: Request) -> dict[str, str]:
    """Every method of an address: the framework names those of the first route alone."""
    contexts = [context for context in iter_route_contexts(request.app.routes) if context.path]
    here = [c for c in contexts if compile_path(str(c.path))[0].match(request.url.path)]
    return {"Allow": ", ".join(sorted({method for context in here for method in context.methods or ()}))}


async def _internal_error(request: Request, _error: Exception) -> Response:
    """What nobody foresaw. The framework sends this outside the envelope, so its headers are put on here."""
    response = problem_response(request, INTERNAL)
    for name, value in {**SECURITY_HEADERS, REQUEST_ID_HEADER: request_id(request.scope)}.items():
        response.headers.setdefault(name, value)
    return response


def _clean(sentence: str) -> str:
    """A sentence that may quote what was sent: without what UTF-8 cannot hold."""
    return sentence.encode("utf-8", "replace").decode("utf-8")
