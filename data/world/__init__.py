"""The sample world: seeded, labelled synthetic creators, posts and briefs, with the truth they were made from.

Read `make.py` first: it puts the world together; `vocabulary/` holds every word of it. See docs/sample-world.md.
"""

from data.world.make import END, World, make_world
from data.world.truth import Truth
from data.world.write import read_truth, write_world

__all__ = ["END", "Truth", "World", "make_world", "read_truth", "write_world"]
