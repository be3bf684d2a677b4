"""Pages for staff: server-rendered, Vietnamese first, usable without scripts; htmx only saves reloading.

Read `rendering.py` first (what every page has), then a `routes_*.py` with its template. Pages call the same functions
as the API; they add no rule of their own.
"""
