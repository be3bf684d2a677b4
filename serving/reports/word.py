"""The paper as a Word document that an office edits, numbers and signs."""

from __future__ import annotations

import io
from typing import Final

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section as PageSection
from docx.shared import Emu, Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from serving.reports import paper as parts
from serving.reports.paper import Block, Cell, Facts, Head, Paper, Paragraph, Section, Signature, Table

_CENTRE: Final = WD_ALIGN_PARAGRAPH.CENTER
_TEXT_MM: Final = 210 - parts.MARGIN_LEFT_MM - parts.MARGIN_RIGHT_MM
_RED: Final = RGBColor(0xC0, 0x00, 0x00)
_PROPERTY_LETTERS: Final = 255


def docx_bytes(paper: Paper) -> bytes:
    """The paper in Office Open XML."""
    document = _blank(paper)
    _head(document, paper.head)
    _title(document, paper)
    for number, section in enumerate(paper.sections, start=1):
        _section(document, number, section)
    _signature(document, paper.signature)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _blank(paper: Paper) -> DocumentObject:
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = parts.FONT, Pt(parts.BODY_PT)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), parts.FONT)
    normal.paragraph_format.space_after, normal.paragraph_format.space_before = Pt(0), Pt(0)
    page = document.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(parts.MARGIN_TOP_MM), Mm(parts.MARGIN_BOTTOM_MM)
    page.left_margin, page.right_margin = Mm(parts.MARGIN_LEFT_MM), Mm(parts.MARGIN_RIGHT_MM)
    page.header_distance = Mm(10)
    _page_tops(page, synthetic=paper.synthetic)
    named = document.core_properties  # what a file's properties show; the format holds so many letters
    named.title, named.author = paper.about[:_PROPERTY_LETTERS], paper.head.authority[:_PROPERTY_LETTERS]
    named.created = named.modified = paper.made_at
    return document


def _page_tops(page: PageSection, *, synthetic: bool) -> None:
    """Numbers centred above the text from page 2 on; on invented data every page says so."""
    page.different_first_page_header_footer = True
    number = page.header.paragraphs[0]
    number.alignment = _CENTRE
    _field(number, "PAGE")
    if synthetic:
        for holder in (page.first_page_footer, page.footer):
            line = holder.paragraphs[0]
            line.alignment = _CENTRE
            run = line.add_run(parts.SYNTHETIC)
            run.bold, run.font.size, run.font.color.rgb = True, Pt(11), _RED


def _field(paragraph: WordParagraph, name: str) -> None:
    for kind, text in (("begin", None), (None, name), ("end", None)):
        run = paragraph.add_run()
        element = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            element.text = text
        else:
            element.set(qn("w:fldCharType"), str(kind))
        run._r.append(element)


def _head(document: DocumentObject, head: Head) -> None:
    table = document.add_table(rows=2, cols=2)
    _fix_widths(table, (0.38, 0.62))
    left, right = table.rows[0].cells
    _line(left, head.above, size=12)
    _line(left, head.authority, size=12, bold=True)
    _rule(left, 0.4)
    _line(right, parts.COUNTRY, size=12, bold=True)
    _line(right, parts.MOTTO, size=13, bold=True)
    _rule(right, 0.56)
    left, right = table.rows[1].cells
    _line(left, "Số:          /", size=13)
    _line(right, f"{head.place}, ngày    tháng    năm {head.year}", size=13, italic=True)
    for cell in (*table.rows[0].cells, *table.rows[1].cells):
        _drop_first(cell)


def _line(cell: _Cell, text: str, *, size: float, bold: bool = False, italic: bool = False) -> None:
    paragraph = cell.add_paragraph()
    paragraph.alignment = _CENTRE
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def _drop_first(cell: _Cell) -> None:
    """A fresh cell has an empty paragraph, which must be the only one or go."""
    if len(cell.paragraphs) > 1:
        first = cell.paragraphs[0]._p
        first.getparent().remove(first)


def _rule(cell: _Cell, width: float) -> None:
    """A line below the words, as long as a share of the cell: an empty paragraph's upper border, drawn in from both
    sides."""
    paragraph = cell.add_paragraph()
    _border(paragraph)
    space = Emu(int(int(cell.width or 0) * (1 - width) / 2))
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = space
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.line_spacing = Pt(1), Pt(6)


def _border(paragraph: WordParagraph) -> None:
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().append(borders)


def _title(document: DocumentObject, paper: Paper) -> None:
    for text, before in ((parts.TITLE, 12), (paper.about, 0)):
        paragraph = document.add_paragraph()
        paragraph.alignment, paragraph.paragraph_format.space_before = _CENTRE, Pt(before)
        run = paragraph.add_run(text)
        run.bold, run.font.size = True, Pt(14)
    line = document.add_paragraph()
    _border(line)
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = Mm(_TEXT_MM * 0.33)
    line.paragraph_format.space_before = Pt(1)
    to = document.add_paragraph()
    to.alignment, to.paragraph_format.space_after = _CENTRE, Pt(6)
    to.add_run(f"Kính gửi: {paper.to}")


def _section(document: DocumentObject, number: int, section: Section) -> None:
    heading = _indented(document)
    heading.paragraph_format.keep_with_next = True
    heading.add_run(f"{number}. {section.heading}").bold = True
    for block in section.blocks:
        _block(document, block)


def _indented(document: DocumentObject) -> WordParagraph:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.first_line_indent = Mm(parts.INDENT_MM)
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(3), Pt(3)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    return paragraph


def _block(document: DocumentObject, block: Block) -> None:
    if isinstance(block, Paragraph):
        _indented(document).add_run(block.text)
    elif isinstance(block, Facts):
        _facts(document, block)
    else:
        _table(document, block)


def _facts(document: DocumentObject, facts: Facts) -> None:
    for label, value in facts.rows:
        paragraph = _indented(document)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT  # hashes cannot be broken, so lines would be torn apart
        paragraph.add_run(f"{label}: ").italic = True
        paragraph.add_run(value)


def _table(document: DocumentObject, table: Table) -> None:
    drawn = document.add_table(rows=1, cols=len(table.headings))
    drawn.style, drawn.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for cell, heading in zip(drawn.rows[0].cells, table.headings, strict=True):
        _fill(cell, Cell(heading), bold=True)
        cell.paragraphs[0].alignment = _CENTRE
    _repeat(drawn.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")
    for row in table.rows:
        added = drawn.add_row()
        _repeat(added._tr.get_or_add_trPr(), "w:cantSplit")
        for cell, content in zip(added.cells, row, strict=True):
            _fill(cell, content, bold=False)
    _fix_widths(drawn, table.widths)


def _repeat(properties: object, name: str) -> None:
    properties.append(OxmlElement(name))  # type: ignore[attr-defined]  # an element of the document's own XML


def _fill(cell: _Cell, content: Cell, *, bold: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(content.text)
    run.bold, run.font.size = bold, Pt(parts.TABLE_PT)
    if content.link:
        _link(paragraph, content.link)


def _link(paragraph: WordParagraph, address: str) -> None:
    """Make the whole paragraph lead to an address."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    for run in list(paragraph._p.r_lst):
        link.append(run)
    paragraph._p.append(link)


def _fix_widths(table: WordTable, shares: tuple[float, ...]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, shares, strict=True):
        column.width = Mm(_TEXT_MM * width)
        for cell in column.cells:
            cell.width = Mm(_TEXT_MM * width)


def _signature(document: DocumentObject, signature: Signature) -> None:
    table = document.add_table(rows=1, cols=2)
    _fix_widths(table, (0.5, 0.5))
    row = table.rows[0]
    _repeat(row._tr.get_or_add_trPr(), "w:cantSplit")
    left, right = row.cells
    copies = left.paragraphs[0].add_run("Nơi nhận:")
    copies.bold, copies.italic, copies.font.size = True, True, Pt(12)
    for text in signature.copies:
        left.add_paragraph().add_run(f"- {text}").font.size = Pt(11)
    for text in (signature.position, "", "", "", "", signature.name):
        paragraph = right.add_paragraph() if text or right.paragraphs[0].text else right.paragraphs[0]
        paragraph.alignment = _CENTRE
        run = paragraph.add_run(text)
        run.bold, run.font.size = True, Pt(14)
    _drop_first(right)
