"""The API's own description. `python -m serving.openapi docs/openapi.json` writes it; a test compares the two."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.access.callers import Role
from serving.access.guard import roles_of
from serving.envelope import REQUEST_ID_HEADER
from serving.problems import KINDS, PROBLEM_JSON, Problem

_REFERENCE: Final = "#/components/schemas/{model}"

DESCRIPTION: Final = """\
Xếp hạng nhà sáng tạo nội dung (KOL) phù hợp để truyền thông một chính sách, kèm lý do. Danh sách chỉ để hỗ trợ:
người có thẩm quyền quyết định (Luật Trí tuệ nhân tạo số 134/2025/QH15, Điều 27).

Ranks the creators best suited to carry a public policy to young people, and says why.

Mọi từ chối theo RFC 9457 (`application/problem+json`), bằng hai ngôn ngữ; `title` và `detail` theo tiêu đề
`Accept-Language` (mặc định tiếng Việt). Every refusal is an RFC 9457 problem in both languages.
Gửi `X-Request-ID` (chữ, số, `.`, `_`, `-`, tối đa 64 ký tự) để theo dõi một yêu cầu; câu trả lời nhắc lại mã đó.
"""
TAGS: Final[list[dict[str, Any]]] = [
    {"name": "briefs", "description": "Bản yêu cầu truyền thông · Policy briefs"},
    {"name": "shortlists", "description": "Bản yêu cầu → danh sách đề xuất · A brief → a shortlist"},
    {"name": "decisions", "description": "Ai được chọn, mời, loại và vì sao · Who was chosen, invited, rejected, why"},
    {"name": "outcomes", "description": "Kết quả sau khi mời · What came of inviting"},
    {"name": "checks", "description": "Thẩm tra trước khi mời · Looked into before inviting"},
    {"name": "rights", "description": "Quyền của nhà sáng tạo · Rights of creators"},
    {"name": "creators", "description": "Nhà sáng tạo nội dung · Creators"},
    {"name": "models", "description": "Mô hình đang trả lời · The model that answers"},
    {"name": "probes", "description": "Cho máy chủ và bộ cân bằng tải · For supervisors and balancers"},
]


def outcomes(*refusals: int, example: Mapping[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """What an operation answers, by status: its refusals, and an example of success where one helps."""
    found: dict[int | str, dict[str, Any]] = {status: _refusal(status) for status in refusals}
    if example:
        found[200] = {"content": {"application/json": {"example": example}}}
    return found


def reads(*more: int, example: Mapping[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """What any route that only reads may answer, and `more`."""
    return outcomes(401, 422, 429, 500, 503, *more, example=example)


def writes(*more: int) -> dict[int | str, dict[str, Any]]:
    """What any route that keeps something may answer, and `more`."""
    return outcomes(400, 401, 403, 409, 413, 415, 422, 429, 500, 503, *more)


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of `app`, made once: the framework's, with problems and the request id added."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, tags=app.openapi_tags, routes=app.routes
        )
        _describe_problem(schema)
        _describe_roles(schema, app)
        for path in schema["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    response["headers"] = {REQUEST_ID_HEADER: {"schema": {"type": "string"}, "required": True}}
        app.openapi_schema = schema
    return app.openapi_schema


def rendered(app: FastAPI) -> str:
    """The committed form of the description."""
    return json.dumps(document(app), ensure_ascii=False, indent=2) + "\n"


def _refusal(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    text = "; ".join(f"`{kind.code}`: {kind.vi} · {kind.en}" for kind in kinds)
    return {"description": text, "content": {PROBLEM_JSON: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}}


def _describe_problem(schema: dict[str, Any]) -> None:
    """Put the problem's schema in; the framework's own shape of a validation error is never sent."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    problem = Problem.model_json_schema(ref_template=_REFERENCE, mode="serialization")
    components.update(problem.pop("$defs"))
    components["Problem"] = problem


def _describe_roles(schema: dict[str, Any], app: FastAPI) -> None:
    """Say at each operation which role it needs."""
    schema["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "API key (`kolmatch keys create`) hoặc mã OpenID Connect của cổng · or the portal's token",
        }
    }
    for (method, path), role in roles_of(app.routes).items():
        operation = schema["paths"].get(path, {}).get(method.lower())
        if operation is not None and role is not None:
            operation["x-role"] = role.label
            operation["security"] = [] if role is Role.PUBLIC else [{"bearer": []}]


def _main(target: Path) -> None:
    from serving.app import bare_app

    target.write_text(rendered(bare_app()), encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
