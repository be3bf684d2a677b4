"""Decisions of officials about creators. `routes.py` is the API, `schemas.py` its shapes, `records.py` the store."""
