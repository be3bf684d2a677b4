"""Policy briefs: kept, revised, never lost. `routes.py` is the API, `schemas.py` its shapes, `records.py` the store."""
