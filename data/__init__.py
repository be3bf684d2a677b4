"""What comes in: the import contract, readers, the catalogue at rest, the sample world.

Read `data/contract.py` first: it says which tables and columns exist; everything else follows from it.
"""
