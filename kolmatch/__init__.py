"""kolmatch: names the creators best suited to carry a public policy to young people, and says why.

This package is the product's name, its settings, its errors and its command line, nothing else.
Read `kolmatch/settings.py` first; the work is done in `data`, `features`, `models`, `training` and `serving`.
"""

__version__ = "0.1.0"
