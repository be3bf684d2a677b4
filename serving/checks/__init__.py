"""What is looked into before a creator is invited for one campaign: `routes.py`, `schemas.py`, `records.py`."""
