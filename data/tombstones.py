"""Creators who were erased: remembered by a mark that names nobody, so that they are not taken in again.

    HOME/rights/tombstones.json   the marks, one list for all who were erased from this home folder

A mark is `erased:<salt>:<HMAC-SHA-256 of the id under the salt>`. Whoever has an id can tell whether it was erased, as
an import must; from the marks alone no id can be read. The store keeps the same marks in place of ids.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kolmatch.errors import ErasureIncomplete
from kolmatch.files import replacing

PREFIX: Final = "erased:"
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Marks of erased creators; usually all under one salt, several after homes were put together."""

    marks: tuple[str, ...] = ()

    @classmethod
    def read(cls, home: Path) -> Tombstones:
        """Those of a home folder.

        Raises:
            ErasureIncomplete: the file is not what was written; without it nobody knows who must stay out.
        """
        file = tombstone_file(home)
        try:
            marks = json.loads(file.read_text(encoding="utf-8"))["marks"]
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ErasureIncomplete(
                f"{file} cannot be read ({type(error).__name__}), so nobody knows who was erased. Restore it from a "
                "backup before anything is imported or trained.",
                f"Không đọc được {file} ({type(error).__name__}) nên không biết ai đã được xóa. Hãy khôi phục tệp từ "
                "bản sao lưu trước khi nhập dữ liệu hoặc huấn luyện.",
            ) from error
        return cls(tuple(marks))

    def write(self, home: Path) -> None:
        """Keep them in a home folder, in one step."""
        with replacing(tombstone_file(home)) as fresh:
            fresh.write_text(json.dumps({"marks": self.marks}, indent=2) + "\n", encoding="utf-8")

    def mark_of(self, creator_id: str) -> str:
        """The mark a creator has, or would have, under the salt in use; a fresh salt when there is none yet."""
        return mark(creator_id, _salt_of(self.marks[0]) if self.marks else secrets.token_hex(_SALT_BYTES))

    def with_mark(self, added: str) -> Tombstones:
        """These and one more."""
        return self if added in self.marks else Tombstones((*self.marks, added))

    def among(self, creator_ids: Iterable[str]) -> set[str]:
        """Those of the ids that were erased."""
        return marked(self.marks, creator_ids)


def tombstone_file(home: Path) -> Path:
    """Where a home folder's marks lie."""
    return home / "rights" / "tombstones.json"


def mark(creator_id: str, salt: str) -> str:
    """What stands for an erased creator."""
    return f"{PREFIX}{salt}:{hmac.new(salt.encode(), creator_id.encode(), hashlib.sha256).hexdigest()}"


def marked(marks: Collection[str], creator_ids: Iterable[str]) -> set[str]:
    """Those of the ids that one of the marks stands for; what is no mark among them is passed over."""
    known, used = frozenset(marks), salts(marks)
    return {one for one in creator_ids if any(mark(one, salt) in known for salt in used)}


def salts(marks: Iterable[str]) -> frozenset[str]:
    """The salts of marks; what is no mark among them is passed over."""
    return frozenset(_salt_of(one) for one in marks if one.startswith(PREFIX))


def _salt_of(one: str) -> str:
    return one.removeprefix(PREFIX).partition(":")[0]
