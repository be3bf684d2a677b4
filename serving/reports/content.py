"""What a paper says of a kept shortlist: read from the store, put into plain words, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.provinces import PROVINCES, known_province
from kolmatch.settings import ReportSettings
from serving.creators.gone import Gone
from serving.reports import wording
from serving.reports.paper import Facts, Head, Paper, Paragraph, Section, Signature, Table, cell, clean
from serving.shortlists.showing import WITHDRAWN_VI, shown
from serving.store.tables import BriefRevisionRow, CheckRow, DecisionRow, ShortlistRow, ShortlistStepRow

_SNIPPET: Final = 160  # letters of a caption: enough to recognise the post by
_MATCHED: Final = 6


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept about one shortlist; `left` is whom no paper may name any more."""

    row: ShortlistRow
    brief: Mapping[str, Any]
    answer: Mapping[str, Any]
    decisions: Sequence[DecisionRow]
    checks: Sequence[CheckRow]
    steps: Sequence[ShortlistStepRow]
    left: Gone

    @classmethod
    def read(cls, session: Session, row: ShortlistRow) -> Kept:
        """Read what belongs to a shortlist: its brief as it was asked, later decisions and checks of that brief."""
        brief = session.get_one(BriefRevisionRow, (row.brief_id, row.brief_revision)).content
        decisions = select(DecisionRow).where(DecisionRow.brief_id == row.brief_id).order_by(DecisionRow.seq)
        checks = select(CheckRow).where(CheckRow.brief_id == row.brief_id).order_by(CheckRow.seq)
        steps = select(ShortlistStepRow).where(ShortlistStepRow.shortlist_id == row.shortlist_id)
        left = Gone.read(session)
        return cls(
            row=row,
            brief=brief,
            answer=shown(from_json(row.answer), left, WITHDRAWN_VI),
            decisions=session.execute(decisions).scalars().all(),
            checks=session.execute(checks).scalars().all(),
            steps=session.execute(steps.order_by(ShortlistStepRow.seq)).scalars().all(),
            left=left,
        )

    def name_of(self, creator_id: str) -> str:
        """A creator's name where the list has it, else the id; neither of whoever is gone."""
        if creator_id in self.left:
            return WITHDRAWN_VI
        names = {entry["creator_id"]: entry["name"] for entry in self.answer["entries"]}
        return clean(names.get(creator_id, creator_id))


def paper_of(kept: Kept, settings: ReportSettings, now: datetime) -> Paper:
    """The paper about a shortlist."""
    title = clean(kept.row.title)
    authority = settings.authority or kept.row.department
    return Paper(
        head=_head(settings, authority, now),
        about=f"Về việc lựa chọn người sáng tạo nội dung tham gia truyền thông “{title}”",
        to=clean(settings.addressee),
        sections=tuple(_sections(kept)),
        signature=Signature(
            ("Như trên;", "Lưu: VT."), clean(settings.signer_position).upper(), clean(settings.signer_name)
        ),
        synthetic=kept.row.synthetic,
        made_at=now,
    )


def _head(settings: ReportSettings, authority: str, now: datetime) -> Head:
    """The place's name is not broken at the end of a line."""
    place = clean(settings.place)
    above = clean(settings.above).replace(place, place.replace(" ", "\xa0"))
    return Head(above.upper(), clean(authority).upper(), place, now.year)


def _sections(kept: Kept) -> Iterator[Section]:
    yield Section("Yêu cầu truyền thông", (_brief(kept.brief),))
    yield Section("Cách lập danh sách", tuple(Paragraph(text) for text in _method(kept)))
    yield Section("Danh sách đề xuất", (_ranking(kept), *_ranking_notes(kept)))
    yield Section("Bằng chứng của từng vị trí", _evidence(kept))
    yield Section("Quyết định đối với từng người", _decisions(kept))
    yield Section("Xung đột và nội dung thẩm tra", _checks(kept))
    yield Section("Mô hình và dữ liệu", (_provenance(kept),))
    yield Section("Đề xuất", tuple(Paragraph(text) for text in _proposal(kept)))


def _brief(brief: Mapping[str, Any]) -> Facts:
    rows = [
        ("Tên", brief["title"]),
        ("Nội dung", brief.get("text")),
        ("Phải có", "; ".join(brief.get("must") or ())),
        ("Nên có", "; ".join(brief.get("nice") or ())),
        ("Phải tránh", "; ".join(brief.get("must_not") or ())),
        ("Đối tượng", f"từ {brief['age_min']} đến {brief['age_max']} tuổi"),
        ("Địa bàn", ", ".join(map(_province, brief.get("provinces") or ())) or "mặc định của hệ thống"),
        ("Nền tảng", ", ".join(brief.get("platforms") or ()) or "tất cả"),
        ("Dạng nội dung", ", ".join(wording.FORMATS[one] for one in brief.get("formats") or ()) or "tất cả"),
        ("Kinh phí", f"{brief['budget_vnd']:,} đồng".replace(",", ".") if brief.get("budget_vnd") else ""),
        ("Số người cần mời", str(brief.get("team_size") or "")),
    ]
    return Facts(tuple((label, clean(value)) for label, value in rows if value))


def _province(name: str) -> str:
    """A province's full name; as it was written where it is none."""
    code = known_province(name)
    return PROVINCES[code][0] if code in PROVINCES else name


def _method(kept: Kept) -> Iterator[str]:
    order = wording.ORDERS[kept.answer.get("by") or "fit"]
    yield (
        "Hệ thống kolmatch so yêu cầu với các bài đã đăng công khai của từng người sáng tạo nội dung (theo từ ngữ, "
        f"theo nghĩa, theo thẻ chủ đề) và xếp thứ tự theo {order}. Mỗi vị trí đều kèm bài đăng làm bằng chứng."
    )
    yield (
        "Số người xem trẻ là dự báo cho một bài đăng, kèm khoảng 80 %: trong 10 trường hợp, khoảng 8 trường hợp kết "
        "quả thực tế nằm trong đó. Những người cùng một nhóm đồng hạng thì số liệu chưa đủ để phân biệt hơn kém."
    )
    yield (
        "Danh sách chỉ để hỗ trợ; người có thẩm quyền xem xét, quyết định và chịu trách nhiệm "
        "(Luật Trí tuệ nhân tạo số 134/2025/QH15, Điều 27)."
    )


def _ranking(kept: Kept) -> Table:
    rows = tuple(
        (
            cell(entry["rank"]),
            cell(_who(entry)),
            cell(entry.get("tie") or ""),
            cell(wording.viewers(entry)),
            cell(wording.audience(entry)),
            cell(wording.remarks(entry)),
        )
        for entry in kept.answer["entries"]
    )
    headings = ("TT", "Người sáng tạo nội dung", "Nhóm đồng hạng", "Người xem trẻ một bài", "Nguồn tỷ lệ", "Lưu ý")
    return Table("Danh sách", headings, (0.06, 0.2, 0.08, 0.2, 0.19, 0.27), rows)


def _who(entry: Mapping[str, Any]) -> str:
    kind = wording.KINDS.get(entry.get("kind") or "")
    return f"{entry['name']} ({kind})" if kind else str(entry["name"])


def _ranking_notes(kept: Kept) -> Iterator[Paragraph]:
    if kept.answer.get("uncovered"):
        yield Paragraph(f"Chưa ai trong danh sách có bài về: {clean('; '.join(kept.answer['uncovered']))}.")
    left_out = [
        f"{item['count']} người {wording.EXCLUDED.get(item['reason'], item['reason'])}"
        for item in kept.answer["excluded"]
    ]
    if left_out:
        yield Paragraph(f"Không xét: {'; '.join(left_out)}.")
    conditions = wording.conditions((kept.row.request or {}).get("filters") or {})
    if conditions:
        yield Paragraph(f"Điều kiện đã đặt khi lập danh sách: {clean('; '.join(conditions))}.")


def _evidence(kept: Kept) -> tuple[Table | Paragraph, ...]:
    rows = tuple(
        (
            cell(entry["rank"]),
            cell(entry["name"]),
            cell(wording.day(str(post["published_at"])), post.get("url")),
            cell(_shortened(post["text"])),
            cell(", ".join(post["matched"][:_MATCHED])),
        )
        for entry in kept.answer["entries"]
        for post in entry.get("evidence") or ()
    )
    if not rows:
        return (Paragraph("Danh sách không có bài đăng làm bằng chứng."),)
    headings = ("TT", "Người sáng tạo nội dung", "Ngày đăng", "Trích bài đăng", "Từ trùng với yêu cầu")
    return (Table("Bằng chứng", headings, (0.06, 0.19, 0.15, 0.42, 0.18), rows),)


def _shortened(text: str) -> str:
    flat = clean(text)
    return flat if len(flat) <= _SNIPPET else f"{flat[: _SNIPPET - 1].rstrip()}…"


def _decisions(kept: Kept) -> tuple[Table | Paragraph, ...]:
    latest = {row.creator_id: row for row in kept.decisions}
    if not latest:
        return (Paragraph("Chưa có quyết định nào được ghi."),)
    order = ("rejected", "shortlisted", "invited")
    rows = tuple(
        (
            cell(kept.name_of(row.creator_id)),
            cell(wording.DECISIONS[row.decision]),
            cell(row.reason),
            cell(row.decided_by),
            cell(wording.day(row.decided_at)),
        )
        for row in sorted(latest.values(), key=lambda row: (order.index(row.decision), row.seq))
    )
    headings = ("Người sáng tạo nội dung", "Quyết định", "Lý do", "Người quyết định", "Ngày")
    return (Table("Quyết định", headings, (0.23, 0.14, 0.28, 0.19, 0.16), rows),)


def _checks(kept: Kept) -> tuple[Table | Paragraph, ...]:
    if not kept.checks:
        return (Paragraph("Chưa có mục thẩm tra nào cho yêu cầu này."),)
    waiting = sum(row.disposition == "open" for row in kept.checks)
    rows = tuple(
        (
            cell(kept.name_of(row.creator_id)),
            cell(wording.CHECKS.get(row.kind, row.kind)),
            cell("" if row.creator_id in kept.left else _found(row)),
            cell(wording.DISPOSITIONS[row.disposition]),
            cell("; ".join(part for part in (row.by, row.reason) if part)),
            cell(wording.day(row.until)),
        )
        for row in sorted(kept.checks, key=lambda row: (row.disposition != "open", row.seq))
    )
    headings = ("Người sáng tạo nội dung", "Nội dung", "Căn cứ", "Kết luận", "Ai, vì sao", "Đến hết")
    said = f"Còn {waiting} mục chưa kết luận." if waiting else "Mọi mục thẩm tra đã có kết luận."
    return (Table("Thẩm tra", headings, (0.19, 0.15, 0.2, 0.15, 0.15, 0.16), rows), Paragraph(said))


def _found(row: CheckRow) -> str:
    said = [
        ": ".join(
            part for part in (one.get("post_id") or "", ", ".join(one.get("words") or ()), one.get("note")) if part
        )
        for one in row.evidence
    ]
    return "; ".join(part for part in said if part)


def _provenance(kept: Kept) -> Facts:
    row = kept.row
    rows = (
        ("Mã danh sách", row.shortlist_id),
        ("Mã yêu cầu", f"{row.brief_id}, lần sửa {row.brief_revision}"),
        ("Mô hình", f"{row.bundle_id}, phiên bản {row.model_version or '–'}, tháng {row.model_month}"),
        ("SHA-256 của mô hình", row.bundle_sha256),
        ("SHA-256 của danh sách", row.answer_sha256),
        ("Dữ liệu đến ngày", wording.day(row.catalogue_until) or "không rõ"),
        ("Phần mềm", f"kolmatch {row.kolmatch_version}"),
        ("Lập lúc", f"{row.created_at.astimezone(wording.VIETNAM):%H:%M %d/%m/%Y}"),
    )
    return Facts(tuple((label, clean(value)) for label, value in rows))


def _proposal(kept: Kept) -> Iterator[str]:
    for step in kept.steps:
        at = wording.day(step.at)
        yield clean(f"Ngày {at}, {step.by} {wording.STEPS[step.status]}; lý do: {step.reason}.")
    yield "Kính trình xem xét, quyết định./."
