"""Models as they go over the wire, beside the live one (`ModelAnswer` of `serving/schemas.py`)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

Outcome: TypeAlias = Literal["changed", "same", "refused"]


class KeptModelAnswer(BaseModel):
    """A model whose bundle is kept on this server; what is null could not be read."""

    bundle_id: str
    live: bool
    champion: Annotated[bool, Field(description="Whether it is to be live; differs from `live` while it is refused")]
    problem: Annotated[str | None, Field(description="Why it cannot be used: a code of docs/api.md")]
    created_month: str | None
    format_version: int | None
    kolmatch_version: str | None
    synthetic: bool | None
    metrics: dict[str, float] | None


class KeptModels(BaseModel):
    """Every model kept on this server, the newest month first."""

    items: list[KeptModelAnswer]


class ReloadAnswer(BaseModel):
    """What became of asking for the newest model."""

    outcome: Annotated[Literal["changed", "same", "refused"], Field(description="refused: the old one keeps answering")]
    bundle_id: Annotated[str, Field(description="The model that answers now")]
    version: Annotated[int, Field(description="Its number in the registry")]
    problem: Annotated[str | None, Field(description="Why the newest was refused")]
    detail_vi: str | None
    detail_en: str | None
