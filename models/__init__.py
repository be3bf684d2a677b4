"""What answers a brief: the indexes, the score, the matcher, and the bundle that holds them.

Read `models/matcher.py` first: it is the heart, loaded from a bundle, without web, database or clock.
"""
