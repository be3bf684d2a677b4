"""Briefs that come as Word or PDF files: read in a process of their own that cannot take much, and kept nowhere.

`routes.py` is the API, `parsing.py` what runs in that process, `bounded.py` what bounds it.
"""
