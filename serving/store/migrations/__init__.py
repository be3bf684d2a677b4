"""The steps from an empty database to today's tables, oldest first; `serving/store/schema.py` takes them.

A step that was released is never changed: a new one follows it. Each names the one before in `down_revision`.
"""
