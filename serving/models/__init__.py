"""The models that answer: which is live, which are kept here, and changing to the newest. `routes.py`, `schemas.py`."""
