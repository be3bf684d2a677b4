"""What a browser's form sends, read once; and the key that makes a form sent twice count once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.datastructures import FormData, QueryParams, UploadFile

from kolmatch.errors import InputRefused
from serving.access.guard import CallerIn
from serving.creating import Creating
from serving.faults import faults
from serving.problems import Language
from serving.service import ServiceIn
from serving.signin import CSRF_FIELD, CheckedForm
from serving.store.idempotency import fingerprint

_Body = TypeVar("_Body", bound=BaseModel)
_WHOLE: Final = re.compile(r"[0-9]{1,18}|[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3}){0,5}")
_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
Fault: TypeAlias = tuple[str, str]  # a field's name, and what is wrong with it


class FormRefused(Exception):  # no error: it leads back to the form, which says what to mend
    """Values of a form that do not fit."""

    def __init__(self, found: list[Fault]) -> None:
        self.faults = found


def text_of(form: FormData | QueryParams, name: str) -> str:
    """A field's text, lines ended as everywhere, without NUL, which no database takes; empty when it was not sent."""
    value = form.get(name)
    return value.replace("\r\n", "\n").replace("\x00", "").strip() if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> tuple[str, ...]:
    """All values of a field that may be chosen several times."""
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and value)


def file_of(form: FormData, name: str) -> UploadFile | None:
    """A file, if one was chosen."""
    value = form.get(name)
    return value if isinstance(value, UploadFile) and value.filename else None


def lines_of(text: str) -> list[str]:
    """What stands in a field, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def names_of(text: str) -> list[str]:
    """What stands in a field, apart by commas."""
    return [name.strip() for name in text.replace("\n", ",").replace(";", ",").split(",") if name.strip()]


def whole(text: str) -> int | str | None:
    """A whole number as people write it, 300.000.000 or 300 000 000; None for nothing, the text where it is none.

    What parts digits parts threes: 1.5 is no 15.
    """
    if not text:
        return None
    written = text.replace("\xa0", " ")
    return int(re.sub(r"\D", "", written)) if _WHOLE.fullmatch(written) else text


def iso_day(text: str) -> str | None:
    """31/12/2026 as the API takes it, 2026-12-31; None for nothing, the text where it is no day so written."""
    found = _DAY.fullmatch(text)
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else text or None


def checked(shape: type[_Body], values: Mapping[str, object], language: Language) -> _Body:
    """The values in their shape.

    Raises:
        FormRefused: some do not fit.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise FormRefused(list(_faults(error, language))) from error


def _faults(error: ValidationError, language: Language) -> Iterable[Fault]:
    found = faults({**item, "loc": ("body", *item["loc"])} for item in error.errors())
    for fault in found:
        name = fault.pointer.removeprefix("#/").removeprefix("filters/").split("/")[0]
        yield name, fault.detail_vi if language == "vi" else fault.detail_en


def refusal(name: str, error: InputRefused, language: Language) -> FormRefused:
    """A refusal of the core as the fault of a field."""
    return FormRefused([(name, error.vi if language == "vi" else error.en)])


def unfit(wrong: FormRefused) -> InputRefused:
    """For values that the page itself put into the form: there is no field to lead back to."""
    said = "; ".join(f"{field}: {fault}" for field, fault in wrong.faults)
    return InputRefused(
        f"The form does not fit: {said}. Go back and begin again.",
        f"Biểu mẫu không hợp lệ: {said}. Hãy quay lại và làm lại.",
    )


def answered(response: Response) -> dict[str, Any]:
    """What was answered to a create, read back: the pages go where it says."""
    found: dict[str, Any] = from_json(bytes(response.body))
    return found


def _creating(request: Request, form: CheckedForm, service: ServiceIn, caller: CallerIn) -> Creating:
    key = _key(form) if text_of(form, "once") else None
    return Creating(service, caller.actor, f"{request.method} {request.url.path}", key)


def _key(form: FormData) -> str:
    """Sent twice as it is, a form counts once; gone back to and changed, it is another."""
    sent = sorted((name, value) for name, value in form.multi_items() if isinstance(value, str) and name != CSRF_FIELD)
    return fingerprint(*(part.encode("utf-8", "replace") for pair in sent for part in pair))


OnceIn = Annotated[Creating, Depends(_creating)]
