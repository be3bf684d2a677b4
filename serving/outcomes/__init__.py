"""What came of inviting creators. `routes.py` is the API, `schemas.py` its shapes, `records.py` the store."""
