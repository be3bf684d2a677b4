"""The paper as one HTML page without scripts and without anything to load, to read on a screen or to print."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.reports import paper as parts
from serving.reports.paper import Facts, Paper, Paragraph

_TEMPLATE: Final = "paper.html.j2"


def html_bytes(paper: Paper) -> bytes:
    """The paper as UTF-8; every text is escaped by the template engine."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(_TEMPLATE).render(
        paper=paper, parts=parts, is_paragraph=_is_paragraph, is_facts=_is_facts
    )
    return page.encode()


def _is_paragraph(block: object) -> bool:
    return isinstance(block, Paragraph)


def _is_facts(block: object) -> bool:
    return isinstance(block, Facts)
