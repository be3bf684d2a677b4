"""Documents over HTTP."""

from __future__ import annotations

import unicodedata
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from serving.access.callers import Role
from serving.access.guard import needs
from serving.openapi import reads
from serving.schemas import MAX_TEXT, MAX_TITLE
from serving.service import DocumentsIn
from serving.uploads.bounded import KINDS
from serving.uploads.schemas import DocumentAnswer

PATH: Final = "/v1/documents"
router = APIRouter(tags=["briefs"])
_TITLE_WORDS: Final = 4
_LETTERHEAD: Final = ("xã hội chủ nghĩa việt nam", "độc lập", "ủy ban nhân dân", "uỷ ban nhân dân", ", ngày ")
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    PATH,
    summary="Đọc tệp Word, PDF · Read a Word or PDF file",
    dependencies=[needs(Role.STAFF)],
    responses=reads(403, 413, 415),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(KINDS, _FILE)}},
)
async def read_document(request: Request, documents: DocumentsIn) -> DocumentAnswer:
    """The text of a document, for a brief. The file is the body itself; nothing is kept."""
    kind = KINDS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if kind is None:
        raise HTTPException(415)
    content = await request.body()
    found = await run_in_threadpool(documents.read, kind, content, MAX_TEXT)
    return DocumentAnswer(title=title_of(found["text"]), **found)


def title_of(text: str) -> str:
    """The line that reads like the title of an official paper: the first after the letterhead that is a sentence.

    A paper begins with the office's name, the national heading, number and place, all short or in capitals and
    repeated everywhere (Decree 30/2020/NĐ-CP, Annex I); then come its kind and its title.
    """
    lines = text.splitlines()
    telling = [line for line in lines if len(line.split()) >= _TITLE_WORDS and not _is_letterhead(line)]
    return (telling or lines)[0][:MAX_TITLE]


def _is_letterhead(line: str) -> bool:
    folded = unicodedata.normalize("NFC", line).casefold()
    return any(phrase in folded for phrase in _LETTERHEAD)
