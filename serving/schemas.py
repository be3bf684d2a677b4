"""What goes over the wire. Field names are the import contract's; every bound here is in the OpenAPI file."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from models.brief import YOUTH_AGES, Brief
from models.bundle_files import Manifest
from models.filters import Filters
from serving.patterns import ANY_TEXT, SAYS_SOMETHING
from serving.store.pages import CURSOR_PATTERN, MAX_PAGE

if TYPE_CHECKING:
    from models.profile import CreatorProfile  # brings the index libraries with it

DEFAULT_TOP: Final = 20  # what a superior reads on two pages
_TOP: Final = "How many creators"
MAX_TITLE: Final = 500  # characters; a title is a sentence
MAX_TEXT: Final = 100_000  # characters, some 40 pages of a policy paper
MAX_FACETS: Final = 20  # per kind; each is a query of its own, and no one reads more demands than that
MAX_AGE: Final = 120
MAX_BUDGET_VND: Final = 10**15  # far above any budget, and exact in every JSON reader (2^53)
MAX_TEAM: Final = 1000

SYNTHETIC_VI: Final = "Dữ liệu tổng hợp để minh họa: không có người thật."
SYNTHETIC_EN: Final = "Synthetic sample data: no real person."


def _whole(value: object) -> object:
    """16.0 is an integer in JSON (RFC 8259 knows one kind of number) and in JSON Schema, not in Python."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# The bounds stand inside: pydantic leaves those that follow a validator out of the description.
Phrase: TypeAlias = Annotated[str, Field(pattern=SAYS_SOMETHING, max_length=MAX_TITLE)]
Phrases: TypeAlias = Annotated[list[Phrase], Field(max_length=MAX_FACETS)]
Platform: TypeAlias = Literal["tiktok", "youtube", "facebook", "instagram", "zalo", "threads", "other"]
Format: TypeAlias = Literal["video", "live", "image", "text", "audio"]
Age: TypeAlias = Annotated[int, Field(ge=0, le=MAX_AGE), BeforeValidator(_whole)]
Budget: TypeAlias = Annotated[int, Field(ge=0, le=MAX_BUDGET_VND), BeforeValidator(_whole)]
Team: TypeAlias = Annotated[int, Field(ge=1, le=MAX_TEAM), BeforeValidator(_whole)]


Person: TypeAlias = Annotated[str, Field(pattern=SAYS_SOMETHING, max_length=200)]
Reason: TypeAlias = Annotated[str, Field(pattern=SAYS_SOMETHING, max_length=2000)]
CreatorId: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00]+$", max_length=200)]
RecordId: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Count: TypeAlias = Annotated[int, Field(ge=0, le=MAX_BUDGET_VND), BeforeValidator(_whole)]
CreatorKind: TypeAlias = Literal["person", "press", "organisation", "network"]
Order: TypeAlias = Literal["impact", "expected", "fit"]
Tier: TypeAlias = Literal["nano", "micro", "mid", "macro", "mega"]

CursorIn: TypeAlias = Annotated[
    str | None, Query(pattern=CURSOR_PATTERN, description="`next_cursor` của trang trước · of the page before")
]
LimitIn: TypeAlias = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Số mục một trang · Items a page")]
RecordPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
CreatorPath: TypeAlias = Annotated[str, Path(max_length=200, pattern=r"^[^\x00]+$", examples=["syn-0007"])]


class Body(BaseModel):
    """What a caller sends: strict, and an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class BriefBody(BaseModel):
    """A policy brief: what is to be carried, to whom, and on what terms."""

    # `strict`: "16" is not 16. Patterns know letters of every script, as the matcher does.
    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[
        str,
        Field(
            pattern=SAYS_SOMETHING,
            max_length=MAX_TITLE,
            description="What the brief is about, in a sentence: needs a letter or digit",
            examples=["Tuyên truyền dịch vụ công trực tuyến cho thanh niên"],
        ),
    ]
    text: Annotated[str, Field(pattern=ANY_TEXT, max_length=MAX_TEXT, description="The brief itself")] = ""
    must: Annotated[Phrases, Field(description="Topics that a creator must cover")] = []
    nice: Annotated[Phrases, Field(description="Topics that are welcome")] = []
    must_not: Annotated[Phrases, Field(description="Topics that count against a creator")] = []
    age_min: Annotated[Age, Field(description="Years, included; by default as in the Youth Law 2020")] = YOUTH_AGES[0]
    age_max: Annotated[Age, Field(description="Years, included; not below age_min")] = YOUTH_AGES[1]
    provinces: Annotated[
        Phrases,
        Field(description="Target area; empty = the settings' own, by default hcmc; vietnam = the whole country"),
    ] = []
    platforms: Annotated[list[Platform], Field(max_length=MAX_FACETS, description="Empty = all")] = []
    formats: Annotated[list[Format], Field(max_length=MAX_FACETS, description="Empty = all")] = []
    budget_vnd: Annotated[Budget | None, Field(description="Đồng; null = not said")] = None
    team_size: Annotated[Team | None, Field(description="Creators wanted; null = not said")] = None

    def to_brief(self) -> Brief:
        """The same as the matcher takes it.

        Raises:
            BriefRefused: the ages are the wrong way round.
        """
        return Brief(
            title=self.title,
            text=self.text,
            must=tuple(self.must),
            nice=tuple(self.nice),
            must_not=tuple(self.must_not),
            age_min=self.age_min,
            age_max=self.age_max,
            provinces=tuple(self.provinces),
            platforms=tuple(self.platforms),
            formats=tuple(self.formats),
            budget_vnd=self.budget_vnd,
            team_size=self.team_size,
        ).checked()


class FilterBody(Body):
    """What a creator must be, beside the brief's platforms and formats; who is not known to be it is left out."""

    kinds: Annotated[list[CreatorKind], Field(max_length=4, description="Empty = all")] = []
    home_provinces: Annotated[Phrases, Field(description="Where creators live; empty = anywhere")] = []
    max_rate_vnd: Annotated[Budget | None, Field(description="Đồng for one post at most; null = any")] = None
    tiers: Annotated[
        list[Tier], Field(max_length=5, description="By followers: below 10,000, 100,000, 500,000, 1,000,000, above")
    ] = []
    verified: Annotated[bool | None, Field(description="true: verified by the platform; null = any")] = None

    def to_filters(self, *, opted_out: tuple[str, ...] = (), blocked: tuple[str, ...] = ()) -> Filters:
        """The same as the matcher takes it, with those who may not be listed."""
        return Filters(
            kinds=tuple(self.kinds),
            home_provinces=tuple(self.home_provinces),
            max_rate_vnd=self.max_rate_vnd,
            tiers=tuple(self.tiers),
            verified=self.verified,
            opted_out=opted_out,
            blocked=blocked,
        )


class OfBriefRequest(Body):
    """How much of an answer is wanted for a brief that is kept already."""

    filters: Annotated[FilterBody, Field(description="Who may be listed at all")] = FilterBody()
    by: Annotated[Order, Field(description="Ordered by young viewers (careful, or expected), or by fit alone")] = (
        "impact"
    )
    top: Annotated[int, Field(ge=1, description=_TOP), BeforeValidator(_whole)] = DEFAULT_TOP
    explain: Annotated[bool, Field(description="With parts, evidence, facets and objections")] = True


class ShortlistRequest(BriefBody):
    """A brief, and how much of an answer is wanted."""

    filters: Annotated[FilterBody, Field(description="Who may be listed at all")] = FilterBody()
    by: Annotated[Order, Field(description="Ordered by young viewers (careful, or expected), or by fit alone")] = (
        "impact"
    )
    top: Annotated[int, Field(ge=1, description=_TOP), BeforeValidator(_whole)] = DEFAULT_TOP
    explain: Annotated[bool, Field(description="With parts, evidence, facets and objections")] = True


Asked = TypeVar("Asked", bound=BaseModel)


def bounded(request: type[Asked], max_results: int) -> type[Asked]:
    """A request whose `top` is bounded by the setting, so that the OpenAPI file says the real bound."""
    default = min(DEFAULT_TOP, max_results)
    top: Any = (Annotated[int, Field(ge=1, le=max_results, description=_TOP), BeforeValidator(_whole)], default)
    return create_model(request.__name__, __base__=request, __doc__=request.__doc__, top=top)


class _Answer(BaseModel):
    """Read from the core's frozen values."""

    model_config = ConfigDict(from_attributes=True)


Synthetic: TypeAlias = Annotated[bool, Field(description="True: made from invented data")]
LabelVi: TypeAlias = Annotated[str | None, Field(description="Shown beside the figures", examples=[SYNTHETIC_VI])]
LabelEn: TypeAlias = Annotated[str | None, Field(examples=[SYNTHETIC_EN])]


class SyntheticLabel(BaseModel):
    """Whether the figures are of real people."""

    synthetic: Synthetic
    label_vi: LabelVi
    label_en: LabelEn


class ModelReference(BaseModel):
    """Which model answered."""

    bundle_id: Annotated[str, Field(examples=["3fa1c0d97b52"])]
    created_month: Annotated[str, Field(examples=["2026-11"])]


class DecisionNote(BaseModel):
    """Who decides."""

    law: str = "134/2025/QH15, Điều 27"
    note_vi: str = "Danh sách này chỉ để hỗ trợ. Người có thẩm quyền xem xét, quyết định và chịu trách nhiệm."
    note_en: str = "This list only supports. A person in charge reviews it, decides and answers for the decision."


class AccountAnswer(_Answer):
    """A creator's account on one platform; null = not known, never zero."""

    platform: str
    handle: str | None
    url: str | None
    followers: int | None
    verified: bool | None


class CreatorFacts(_Answer):
    """What the live model knows of a creator; null = not known, never zero."""

    creator_id: str
    name: str
    kind: str | None
    category: str | None
    platforms: list[AccountAnswer]
    post_count: Annotated[int, Field(ge=0)]
    first_post_at: datetime | None
    last_post_at: datetime | None
    hashtags: Annotated[list[str], Field(description="Most used first")]


class CreatorAnswer(CreatorFacts, SyntheticLabel):
    """A creator, and the model that knows them."""

    model: ModelReference


class ModelAnswer(SyntheticLabel):
    """The model that answers now."""

    bundle_id: str
    created_month: str
    format_version: int
    kolmatch_version: str
    metrics: dict[str, float]
    trained_on: Annotated[dict[str, str], Field(description="Data set → SHA-256")]


class LiveAnswer(BaseModel):
    """The process runs."""

    status: Literal["live"] = "live"


class ReadyAnswer(BaseModel):
    """A model is loaded; requests are answered."""

    status: Literal["ready"] = "ready"
    bundle_id: str


def synthetic_label(synthetic: bool) -> tuple[str | None, str | None]:
    """What is shown beside invented figures: (Vietnamese, English)."""
    return (SYNTHETIC_VI, SYNTHETIC_EN) if synthetic else (None, None)


def model_reference(manifest: Manifest) -> ModelReference:
    """Which model answered."""
    return ModelReference(bundle_id=manifest.bundle_id, created_month=manifest.created_month)


def creator_answer(profile: CreatorProfile, manifest: Manifest) -> CreatorAnswer:
    """A creator as they go over the wire."""
    facts = CreatorFacts.model_validate(profile).model_dump()
    label_vi, label_en = synthetic_label(manifest.synthetic)
    return CreatorAnswer(
        synthetic=manifest.synthetic,
        label_vi=label_vi,
        label_en=label_en,
        model=model_reference(manifest),
        **facts,
    )


def model_answer(manifest: Manifest) -> ModelAnswer:
    """A model as it goes over the wire."""
    label_vi, label_en = synthetic_label(manifest.synthetic)
    return ModelAnswer(
        synthetic=manifest.synthetic,
        label_vi=label_vi,
        label_en=label_en,
        bundle_id=manifest.bundle_id,
        created_month=manifest.created_month,
        format_version=manifest.format_version,
        kolmatch_version=manifest.kolmatch_version,
        metrics=manifest.metrics,
        trained_on=manifest.trained_on,
    )
