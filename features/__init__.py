"""What is computed from the catalogue: Vietnamese text, the encoder, activity.

Read `features/text.py` first: every word that is matched anywhere was made there.
"""
