"""Who asks, and what they may: keys, the portal's tokens, roles, how often.

Read `callers.py` first (roles), then `guard.py`: what stands before every route.
"""
