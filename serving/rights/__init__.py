"""What creators may ask for under Law 91/2025/QH15: its clocks, what is due, and erasure from the store.

`routes.py` is the API, `schemas.py` its shapes, `records.py` the store, `clocks.py` the due days, `erasing.py` how a
person leaves the store, `signing.py` the signed record of it.
"""
