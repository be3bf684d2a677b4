"""The paper that a superior signs (phiếu trình) for a kept shortlist, in four formats from one content.

`paper.py` says what a paper is made of, `content.py` fills it from the store, `word.py`, `sheets.py`, `pdf.py` and
`web.py` draw it, `wording.py` has the words, `reports.py` puts them together.
"""
