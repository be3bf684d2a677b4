"""What was found in a document."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class DocumentAnswer(BaseModel):
    """The text of a document, to be looked through and sent as a brief; nothing is kept."""

    title: Annotated[str, Field(description="Dòng đầu giống tên văn bản · The first line that reads like a title")]
    text: Annotated[str, Field(description="Toàn văn, mỗi đoạn một dòng · The whole text, a line a paragraph")]
    pages: Annotated[int | None, Field(description="null: Word không có số trang · a Word file has no pages")]
    cut: Annotated[bool, Field(description="true: dài quá, phần sau bị bỏ · too long, the rest was left out")]
