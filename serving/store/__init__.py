"""What staff create, kept in SQLite or PostgreSQL: briefs, shortlists, decisions, checks, keys and the audit trail.

Read `serving/store/database.py` first: reading and writing; then `tables.py` for what there is.
"""
