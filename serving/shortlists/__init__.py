"""Shortlists: answered, kept for ever as they were, proposed and approved by people, replayed.

`routes.py` is the API, `schemas.py` its shapes, `records.py` the store, `status.py` who moves a list on, `replay.py`.
"""
