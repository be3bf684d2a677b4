"""A child process per document, with little memory, little time and no way to write: whatever comes, the service stays.

Children are forked from a server process that has the libraries loaded, so that each costs milliseconds.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
from multiprocessing.connection import Connection
from typing import Any, Final

from kolmatch.errors import Overloaded, UploadRefused

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF: Final = "application/pdf"
KINDS: Final = {DOCX: "docx", PDF: "pdf"}
_STARTS: Final = {"docx": b"PK\x03\x04", "pdf": b"%PDF-"}
MEMORY_BYTES: Final = 512 << 20  # beside the libraries; a paper of hundreds of pages needs a tenth of it
CPU_S: Final = 10
WALL_S: Final = 20.0
MAX_ANSWER: Final = 4 << 20  # bytes; what a child sends is no more trusted than the document
AT_ONCE: Final = 2  # children side by side; who comes third is told to come back

# code -> (English, Vietnamese)
_REASONS: Final = {
    "wrong_kind": (
        "The content is no such file. Send a Word file (.docx) or a PDF with its own Content-Type.",
        "Nội dung không đúng loại tệp. Hãy gửi tệp Word (.docx) hoặc PDF với đúng Content-Type.",
    ),
    "damaged": (
        "The document is damaged or not as its kind should be. Save it again and send that.",
        "Tài liệu bị hỏng hoặc sai định dạng. Hãy lưu lại rồi gửi bản mới.",
    ),
    "too_much": (
        "The document takes too much memory or time, has too many pages, or unpacks to too much. Send the text alone.",
        "Tài liệu tốn quá nhiều bộ nhớ hoặc thời gian, quá nhiều trang, hoặc giải nén ra quá lớn. Hãy gửi phần chữ.",
    ),
    "unsafe": (
        "The document defines entities, which no brief needs and attacks use. Save it again in Word and send that.",
        "Tài liệu có khai báo thực thể (DTD), thường chỉ dùng để tấn công. Hãy lưu lại bằng Word rồi gửi bản mới.",
    ),
    "locked": (
        "The document is locked with a password. Send one without.",
        "Tài liệu có mật khẩu. Hãy gửi bản không có mật khẩu.",
    ),
    "no_text": (
        "The document has no text: a scan? Send one whose words can be selected, or type the brief.",
        "Tài liệu không có chữ: bản quét? Hãy gửi bản có thể bôi chọn chữ, hoặc gõ bản yêu cầu.",
    ),
}


class Documents:
    """Reads documents, a few at once. The server process that forks the children starts with the first document."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", "serving.uploads.parsing"])
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def read(self, kind: str, content: bytes, max_characters: int) -> dict[str, Any]:
        """`text`, `pages` and `cut` of a document.

        Raises:
            UploadRefused: it is none, unsafe, or takes too much.
            Overloaded: others are being read.
        """
        if not content.startswith(_STARTS[kind]):
            raise refused("wrong_kind")
        if not self._slots.acquire(blocking=False):
            raise Overloaded(
                "Other documents are being read. Try again in a few seconds.",
                "Đang đọc các tài liệu khác. Hãy thử lại sau vài giây.",
            )
        try:
            answer = self._in_child(kind, content, max_characters)
        finally:
            self._slots.release()
        if "refused" in answer:
            raise refused(answer["refused"])
        return answer

    def _in_child(self, kind: str, content: bytes, max_characters: int) -> dict[str, Any]:
        ours, theirs = self._context.Pipe()
        limits = (theirs, kind, max_characters, MEMORY_BYTES, CPU_S)
        child = self._context.Process(target=_child, args=limits, daemon=True)
        child.start()
        theirs.close()
        try:
            ours.send_bytes(content)
            found: dict[str, Any] = json.loads(_received(ours))
        except (EOFError, OSError):  # it died: killed by its limits, or by what it read
            return {"refused": "too_much"}
        finally:
            ours.close()
            child.kill()
            child.join()
            child.close()
        return found


def refused(code: str) -> UploadRefused:
    """A refusal in words."""
    return UploadRefused(*_REASONS[code])


def _received(pipe: Connection) -> bytes:
    if not pipe.poll(WALL_S):
        raise EOFError
    return pipe.recv_bytes(MAX_ANSWER)


def _child(pipe: Connection, kind: str, max_characters: int, memory_bytes: int, cpu_s: int) -> None:
    from serving.uploads.parsing import parse_in_child  # loaded in the server process, never in the service itself

    parse_in_child(pipe, kind, max_characters, memory_bytes, cpu_s)
