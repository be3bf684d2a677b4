"""Due diligence: checks that are computed for every creator of a kept list, for its campaign alone, and their export.

`findings.py` says what is found, `opening.py` keeps it as checks, `export.py` writes them, `routes.py` is the API.
"""
