"""Forms of the pages: that they come from our own pages, and that what was typed outlives the session it was typed in.

Two walls against other sites (CSRF): what the browser says of where the form stood, and a token in the form that is
made from the session's secret. A form whose token belongs to an earlier session is shown once more to be confirmed.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from kolmatch.errors import InputRefused, NotAllowed
from serving.signin import cookies

CSRF_FIELD: Final = "csrf_token"
HOME: Final = "/"
_PURPOSE: Final = b"kolmatch form"
_LOCAL: Final = re.compile(r"/(?!/)[A-Za-z0-9_.~%/-]*(\?[A-Za-z0-9_.~%&=+/:,@-]*)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that could not be taken: where it goes, its fields, and the fields whose files must be chosen again."""

    address: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]

    def packed(self) -> str:
        """As one text, for a hidden field."""
        return json.dumps([self.address, self.fields, self.files], ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Typed | None:
        """From that text; None when it is empty.

        Raises:
            InputRefused: it is none that was packed here.
        """
        if not text:
            return None
        try:
            address, fields, files = json.loads(text)
            pairs = tuple((str(name), str(value)) for name, value in fields)
            return cls(local(str(address)), pairs, tuple(str(name) for name in files))
        except (ValueError, TypeError, RecursionError) as error:
            raise InputRefused(
                "What was typed cannot be read any more. Go back and send the form again.",
                "Không đọc lại được nội dung đã nhập. Hãy quay lại và gửi biểu mẫu lần nữa.",
            ) from error


class FormAgain(Exception):  # no error: it leads to a page that shows what was typed, to be sent again
    """A form of an earlier session came with today's."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed


def token_of(secret: str) -> str:
    """The token that the forms of a session carry; the secret cannot be told from it. Without a session: none."""
    return hmac.new(secret.encode(), _PURPOSE, "sha256").hexdigest() if secret else ""


def csrf_token(request: Request) -> str:
    """The token that the forms of this page must carry in the field `csrf_token`."""
    return token_of(cookies.held(request, cookies.SESSION))


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form that one of our own pages sent; its files are closed when the request is answered.

    Raises:
        NotAllowed: another site sent it.
        FormAgain: it was made for an earlier session.
    """
    check_origin(request)
    async with request.form() as form:
        sent = form.get(CSRF_FIELD)
        if not hmac.compare_digest(csrf_token(request), sent if isinstance(sent, str) and sent.isascii() else "-"):
            raise FormAgain(await typed_in(request))
        yield form


CheckedForm = Annotated[FormData, Depends(checked_form)]


def check_origin(request: Request) -> None:
    """Make sure that a form stood on one of our own pages, by what every browser says.

    Raises:
        NotAllowed: it did not, or nothing says so.
    """
    site = request.headers.get("sec-fetch-site")
    if not (site == "same-origin" if site is not None else _origin_is_ours(request)):
        raise NotAllowed(
            "This form was not sent from kolmatch's own pages. Open the page here and send it again.",
            "Biểu mẫu này không được gửi từ trang của kolmatch. Hãy mở trang tại đây rồi gửi lại.",
        )


async def typed_in(request: Request) -> Typed:
    """What a form holds, without its token; of its files the fields alone."""
    async with request.form() as form:
        items = [(name, value) for name, value in form.multi_items() if name != CSRF_FIELD]
    return Typed(
        local(address_of(request)),
        tuple((name, value) for name, value in items if isinstance(value, str)),
        tuple(dict.fromkeys(name for name, value in items if isinstance(value, UploadFile))),
    )


def address_of(request: Request) -> str:
    """Path and query of a request, as they stand in a link."""
    return quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")


def local(address: str) -> str:
    """An address on this service, from which nobody is led elsewhere; anything else becomes the first page."""
    return address if _LOCAL.fullmatch(address) else HOME


def _origin_is_ours(request: Request) -> bool:
    origin = request.headers.get("origin", "")
    public_url = cookies.settings_of(request).public_url
    return origin == public_url if public_url else bool(origin) and urlsplit(origin).netloc == request.headers["host"]
