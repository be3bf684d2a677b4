"""Golden briefs: briefs whose right answer staff know, in a file that they edit and that has a version.

version = 1

[[brief]]
name = "dich-vu-cong"
title = "Tuyên truyền dịch vụ công trực tuyến cho thanh niên"
must_appear = ["creator_0007"]          # among the first `top`
must_not_appear = ["creator_0031"]
top = 20                                # default: gate.golden_top
# text, must, nice, must_not, provinces, platforms, formats: as in a brief
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kolmatch.errors import FileUnreadable
from kolmatch.files import sha256_of
from models.brief import Brief

GOLDEN_FILE: Final = "golden-briefs.toml"


class GoldenBrief(BaseModel):
    """One brief and what staff know of its answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    text: str = ""
    must: tuple[str, ...] = ()
    nice: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    must_appear: tuple[str, ...] = ()
    must_not_appear: tuple[str, ...] = ()
    top: Annotated[int, Field(gt=0)] | None = None

    def brief(self) -> Brief:
        """As the matcher is asked."""
        asked = self.model_dump(exclude={"name", "must_appear", "must_not_appear", "top"})
        return Brief(brief_id=self.name, **asked)


class GoldenBriefs(BaseModel):
    """All of a file; `version` is the format's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: Annotated[int, Field(ge=1, le=1)] = 1
    brief: tuple[GoldenBrief, ...] = ()


def golden_file(home: Path, named: str) -> Path | None:
    """The file that the settings name, else the home folder's if there is one, else None."""
    if named:
        return Path(named)
    own = home / GOLDEN_FILE
    return own if own.exists() else None


def read_golden(file: Path | None) -> tuple[GoldenBriefs, str | None]:
    """The briefs of a file, and its SHA-256; without a file there are none.

    Raises:
        FileUnreadable: it cannot be read, or says something that is not known.
    """
    if file is None:
        return GoldenBriefs(), None
    try:
        read = GoldenBriefs.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for one in read.brief:
            one.brief().checked()
        return read, sha256_of(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise FileUnreadable(
            f"The golden briefs {file} cannot be read: {error}. Correct the file; docs/retraining.md shows its form.",
            f"Không đọc được tệp yêu cầu mẫu chuẩn {file}: {error}. Hãy sửa tệp; mẫu có ở docs/retraining.md.",
        ) from error
