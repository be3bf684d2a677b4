"""Creators as the live model knows them. `routes.py` is the API, `schemas.py` its shapes."""
