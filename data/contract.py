"""The import contract: which tables and columns exist, what may stand in them, and what makes one row newer.

Readers, checks, catalogue, templates and documentation all follow these declarations; nothing else knows a column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import polars as pl

from kolmatch.errors import UsageError

ROW: Final = "#row"  # a row's number as a person counts it in its file; cannot clash with a column
TIME: Final = pl.Datetime("us", "UTC")
PLATFORMS: Final = ("tiktok", "youtube", "facebook", "instagram", "zalo", "threads", "other")
FORMATS: Final = ("video", "live", "image", "text", "audio")
KINDS: Final = ("person", "press", "organisation", "network")
SOURCES: Final = ("platform", "creator", "agency")
DECISIONS: Final = ("shortlisted", "invited", "rejected")
AGE_BUCKETS: Final = ("age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_plus")
AGE_SUM_TOLERANCE: Final = 0.02  # platforms round their shares to whole percents
TEXT_LIMIT: Final = 100_000  # characters; a two-hour transcript, and below the field limit of CSV (131,072)
LINE_LIMIT: Final = 500  # characters of a name, an id, an address, one item of a list
EXACT_INTEGER: Final = 2**53  # doubles, as Excel and pandas keep numbers, are whole only up to here
SEPARATORS: Final = r"[;\n\r]+"  # between the items of a list in a cell
HASHTAG_SEPARATORS: Final = r"[;,\s]+"


class Kind(Enum):
    """What a cell holds, and the polars type it is kept in."""

    ID = "id"
    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    COUNT = "count"
    NUMBER = "number"
    SHARE = "share"
    TIME = "time"
    DATE = "date"
    LIST = "list"

    @property
    def dtype(self) -> pl.DataType:
        """The polars type at rest; times are microseconds in UTC."""
        return _DTYPES.get(self, pl.String())


_DTYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.BOOLEAN: pl.Boolean(),
    Kind.COUNT: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.SHARE: pl.Float64(),
    Kind.TIME: TIME,
    Kind.DATE: pl.Date(),
    Kind.LIST: pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `low` and `high` are inclusive, `past` forbids the future, `choices` are lower case.

    `lasting`: an empty cell of a newer row does not undo what an older one said. An opt-out holds until somebody
    says otherwise, and a crawler that reads counts again does not listen to the video again.
    """

    name: str
    kind: Kind
    vi: str
    en: str
    example: str = ""
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    past: bool = False
    lasting: bool = False

    @property
    def separators(self) -> str:
        """Regular expression of what stands between two items of a list in one cell."""
        return HASHTAG_SEPARATORS if self.name == "hashtags" else SEPARATORS


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: `key` says which rows are the same thing, `newer_by` which column says how new a row is.

    Without `newer_by` the row imported last is the newer. With it, a row that lacks the time counts as
    older than any that has it, so that an undated copy never replaces a dated observation.
    """

    name: str
    vi: str
    en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    newer_by: str | None = None
    refers_to: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Column names in the order of the contract."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Columns without which a file is refused."""
        return [column.name for column in self.columns if column.required]

    @property
    def lasting(self) -> list[str]:
        """Columns that an empty cell of a newer row leaves as they were."""
        return [column.name for column in self.columns if column.lasting]

    @property
    def schema(self) -> pl.Schema:
        """Types of the columns at rest."""
        return pl.Schema({column.name: column.kind.dtype for column in self.columns})


def _id(name: str, vi: str, en: str, example: str, *, required: bool = True) -> Column:
    return Column(name=name, kind=Kind.ID, vi=vi, en=en, example=example, required=required)


def _line(name: str, vi: str, en: str, example: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=Kind.LINE, vi=vi, en=en, example=example, required=required)


def _text(name: str, vi: str, en: str, example: str, *, lasting: bool = False) -> Column:
    return Column(name=name, kind=Kind.TEXT, vi=vi, en=en, example=example, lasting=lasting)


def _choice(name: str, choices: tuple[str, ...], vi: str, en: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=Kind.CHOICE, choices=choices, vi=vi, en=en, example=choices[0], required=required)


def _boolean(name: str, vi: str, en: str, *, lasting: bool = False) -> Column:
    return Column(name=name, kind=Kind.BOOLEAN, vi=vi, en=en, example="không", unit="có/không", lasting=lasting)


def _count(name: str, vi: str, en: str, example: str, unit: str, *, low: int = 0, high: int | None = None) -> Column:
    return Column(name=name, kind=Kind.COUNT, vi=vi, en=en, example=example, unit=unit, low=low, high=high)


def _share(name: str, vi: str, en: str, example: str) -> Column:
    return Column(name=name, kind=Kind.SHARE, vi=vi, en=en, example=example, unit="0..1", low=0.0, high=1.0)


def _time(name: str, vi: str, en: str, *, required: bool = False) -> Column:
    return Column(
        name=name,
        kind=Kind.TIME,
        vi=vi,
        en=en,
        example="2026-11-05T19:30:00+07:00",
        unit="ISO 8601",
        required=required,
        past=True,
    )


def _date(name: str, vi: str, en: str, example: str) -> Column:
    return Column(name=name, kind=Kind.DATE, vi=vi, en=en, example=example, unit="yyyy-mm-dd")


def _list(name: str, vi: str, en: str, example: str, choices: tuple[str, ...] = ()) -> Column:
    return Column(name=name, kind=Kind.LIST, vi=vi, en=en, example=example, unit="a; b; c", choices=choices)


_CREATOR: Final = _id("creator_id", "Mã của người sáng tạo", "Id of the creator", "kol_0001")
_PLATFORM: Final = _choice("platform", PLATFORMS, "Nền tảng", "Platform", required=True)

CREATORS: Final = Table(
    name="creators",
    vi="Người sáng tạo nội dung (KOL), cơ quan báo chí, tổ chức, mạng lưới quản lý",
    en="Creators: people, press, organisations and the networks that manage them",
    key=("creator_id",),
    columns=(
        _CREATOR,
        _line("name", "Tên hiển thị", "Name shown", "Nguyễn Văn Mẫu", required=True),
        _choice("kind", KINDS, "Loại: cá nhân, báo chí, tổ chức, mạng lưới", "Person, press, organisation or network"),
        _line("category", "Lĩnh vực chính", "Main field", "đời sống"),
        _line("agency", "Mạng lưới hoặc công ty quản lý", "Network or company that manages them", "Mạng lưới Mẫu"),
        _line("home_province", "Tỉnh, thành nơi hoạt động", "Home province", "hcmc"),
        _list("languages", "Ngôn ngữ sử dụng", "Languages used", "vi; en"),
        _boolean("is_minor", "Dưới 18 tuổi (không bao giờ được đề xuất)", "Under 18: never shortlisted", lasting=True),
        _boolean(
            "opted_out",
            "Đã từ chối tham gia (không bao giờ được đề xuất)",
            "Opted out: never shortlisted",
            lasting=True,
        ),
        _count("rate_vnd_per_post", "Giá một bài đăng", "Price of one post", "15000000", "VND"),
    ),
)

ACCOUNTS: Final = Table(
    name="accounts",
    vi="Tài khoản trên từng nền tảng",
    en="Accounts of creators on platforms",
    key=("creator_id", "platform"),
    newer_by="as_of",
    refers_to={"creator_id": "creators"},
    columns=(
        _CREATOR,
        _PLATFORM,
        _line("handle", "Tên tài khoản", "Handle", "@nguyenvanmau"),
        _line("url", "Địa chỉ trang", "Address of the page", "https://example.org/@nguyenvanmau"),
        _count("followers", "Số người theo dõi", "Followers", "120000", "người"),
        _boolean("verified", "Đã được nền tảng xác thực", "Verified by the platform"),
        _time("as_of", "Số liệu tính đến lúc", "When the figures were true"),
    ),
)

POSTS: Final = Table(
    name="posts",
    vi="Bài đăng",
    en="Posts",
    key=("post_id",),
    newer_by="observed_at",
    refers_to={"creator_id": "creators"},
    columns=(
        _id("post_id", "Mã bài đăng", "Id of the post", "7301234567890123456"),
        _CREATOR,
        _PLATFORM,
        _time("published_at", "Thời điểm đăng", "When it was published", required=True),
        _time("observed_at", "Thời điểm ghi nhận lượt xem, lượt thích", "When its counts were read"),
        _text("text", "Lời đăng kèm", "Caption", "Làm giấy tờ tại nhà, không cần xếp hàng"),
        _list("hashtags", "Thẻ hashtag", "Hashtags", "#dichvucong #hcm"),
        _text("transcript", "Lời nói trong video", "What is said in it", "Xin chào mọi người...", lasting=True),
        _choice("format", FORMATS, "Dạng nội dung", "Format"),
        Column(
            name="duration_s",
            kind=Kind.NUMBER,
            vi="Thời lượng",
            en="Duration",
            example="45",
            unit="giây",
            low=0,
        ),
        _count("views", "Lượt xem", "Views", "250000", "lượt"),
        _count("likes", "Lượt thích", "Likes", "12000", "lượt"),
        _count("comments", "Lượt bình luận", "Comments", "340", "lượt"),
        _count("shares", "Lượt chia sẻ", "Shares", "210", "lượt"),
        _count("saves", "Lượt lưu", "Saves", "900", "lượt"),
        _boolean("is_ad", "Là quảng cáo", "It is an advertisement"),
    ),
)

AUDIENCES: Final = Table(
    name="audiences",
    vi="Khán giả của từng tài khoản (tỉ lệ)",
    en="Audiences of accounts, as shares",
    key=("creator_id", "platform", "as_of", "source"),
    refers_to={"creator_id": "creators"},
    columns=(
        _CREATOR,
        _PLATFORM,
        _time("as_of", "Số liệu tính đến lúc", "When the figures were true", required=True),
        _choice("source", SOURCES, "Nguồn: nền tảng, người sáng tạo, công ty", "Who reported it", required=True),
        _count("sample_size", "Số người trong mẫu", "People the shares rest on", "5000", "người"),
        _share("age_13_17", "Tỉ lệ 13-17 tuổi", "Share aged 13 to 17", "0.10"),
        _share("age_18_24", "Tỉ lệ 18-24 tuổi", "Share aged 18 to 24", "0.40"),
        _share("age_25_34", "Tỉ lệ 25-34 tuổi", "Share aged 25 to 34", "0.30"),
        _share("age_35_44", "Tỉ lệ 35-44 tuổi", "Share aged 35 to 44", "0.15"),
        _share("age_45_plus", "Tỉ lệ từ 45 tuổi", "Share aged 45 and over", "0.05"),
        _share("female", "Tỉ lệ nữ", "Share of women", "0.55"),
        _share("vietnam", "Tỉ lệ ở Việt Nam", "Share in Vietnam", "0.92"),
        _share("hcmc", "Tỉ lệ ở Thành phố Hồ Chí Minh", "Share in Ho Chi Minh City", "0.30"),
    ),
)

BRIEFS: Final = Table(
    name="briefs",
    vi="Bản yêu cầu truyền thông chính sách",
    en="Policy briefs",
    key=("brief_id",),
    columns=(
        _id("brief_id", "Mã bản yêu cầu", "Id of the brief", "yc_2026_001"),
        _line("title", "Tên chính sách, chiến dịch", "Title", "Tuyên truyền dịch vụ công trực tuyến", required=True),
        _text("text", "Nội dung cần truyền thông", "What is to be carried", "Hướng dẫn thanh niên nộp hồ sơ..."),
        _list("must", "Nội dung bắt buộc phải có", "Facets that must be covered", "nộp hồ sơ trực tuyến; VNeID"),
        _list("nice", "Nội dung nên có", "Facets that would be good", "sinh viên"),
        _list("must_not", "Nội dung không được có", "Facets that must not occur", "rượu bia; cá cược"),
        _count("age_min", "Tuổi nhỏ nhất cần hướng tới", "Youngest age in the target", "16", "tuổi", high=120),
        _count("age_max", "Tuổi lớn nhất cần hướng tới", "Oldest age in the target", "30", "tuổi", high=120),
        _list("provinces", "Tỉnh, thành cần hướng tới", "Target provinces", "hcmc"),
        _list("platforms", "Nền tảng mong muốn", "Platforms wanted", "tiktok; facebook", PLATFORMS),
        _list("formats", "Dạng nội dung mong muốn", "Formats wanted", "video", FORMATS),
        _count("budget_vnd", "Ngân sách", "Budget", "200000000", "VND"),
        _count("team_size", "Số người sáng tạo cần chọn", "How many creators are wanted", "5", "người", low=1),
        _date("starts_on", "Ngày bắt đầu", "First day", "2026-12-01"),
        _date("ends_on", "Ngày kết thúc", "Last day", "2026-12-31"),
    ),
)

_BRIEF: Final = _id("brief_id", "Mã bản yêu cầu", "Id of the brief", "yc_2026_001")

OUTCOMES: Final = Table(
    name="outcomes",
    vi="Kết quả của từng người trong từng chiến dịch",
    en="What came of inviting a creator for a brief",
    key=("brief_id", "creator_id", "post_id"),
    refers_to={"creator_id": "creators", "brief_id": "briefs"},
    columns=(
        _BRIEF,
        _CREATOR,
        _id("post_id", "Mã bài đăng", "Id of the post", "7301234567890123456", required=False),
        _boolean("invited", "Đã mời", "Was invited"),
        _boolean("accepted", "Đã nhận lời", "Accepted"),
        _boolean("published", "Đã đăng", "Published"),
        _count("views", "Lượt xem", "Views", "250000", "lượt"),
        _count("target_viewers", "Số người xem thuộc đối tượng", "Viewers in the target", "90000", "người"),
        _count("cost_vnd", "Chi phí", "Cost", "15000000", "VND"),
    ),
)

DECISION_TABLE: Final = Table(
    name="decisions",
    vi="Quyết định của cán bộ",
    en="Decisions of staff",
    key=("brief_id", "creator_id", "decided_by", "decided_at"),
    refers_to={"creator_id": "creators", "brief_id": "briefs"},
    columns=(
        _BRIEF,
        _CREATOR,
        _choice("decision", DECISIONS, "Quyết định: đưa vào danh sách, mời, loại", "What was decided", required=True),
        _text("reason", "Lý do", "Why", "Nội dung phù hợp, khán giả trẻ"),
        _line("decided_by", "Người quyết định", "Who decided", "Trần Thị Mẫu", required=True),
        _time("decided_at", "Thời điểm quyết định", "When", required=True),
    ),
)

TABLES: Final = {
    table.name: table for table in (CREATORS, ACCOUNTS, POSTS, AUDIENCES, BRIEFS, OUTCOMES, DECISION_TABLE)
}

# Not imported but kept: what a post's counts were each time they were read, so that growth can be learned.
OBSERVATIONS: Final = Table(
    name="observations",
    vi="Lịch sử số liệu của bài đăng",
    en="Counts of posts each time they were read",
    key=("post_id", "observed_at"),
    columns=tuple(
        column
        for column in POSTS.columns
        if column.name in ("post_id", "observed_at", "views", "likes", "comments", "shares", "saves")
    ),
)

STORED: Final = {**TABLES, OBSERVATIONS.name: OBSERVATIONS}


def table_named(name: str) -> Table:
    """The table of the import contract with that name.

    Raises:
        UsageError: there is none.
    """
    if name in TABLES:
        return TABLES[name]
    known = ", ".join(TABLES)
    raise UsageError(
        f"There is no table {name!r}. Tables are {known}.",
        f"Không có bảng {name!r}. Các bảng là {known}.",
    )
