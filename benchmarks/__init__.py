"""Figures against other systems, on real data when a data folder is there. Read `tasks.py` first, then `run.py`.

No real text or row is kept here: only figures are printed and written.
"""
