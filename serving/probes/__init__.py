"""What supervisors, balancers and programs ask without a key. `routes.py`."""
