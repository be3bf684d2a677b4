"""The monthly job: from a drop folder to a model that goes live only if it is no worse.

Read `job.py` first: its steps in order. `gate.py` decides; the others measure, compare and tell.
"""
