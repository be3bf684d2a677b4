"""The command that writes the sample world."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=2026, show_default=True, help="The same seed writes the same files.")
@click.option("--creators", default=320, show_default=True, type=click.IntRange(20), help="How many creators.")
@click.option("--posts", default=16_000, show_default=True, type=click.IntRange(20), help="How many posts.")
def world(folder: Path, seed: int, creators: int, posts: int) -> None:
    """Write the SYNTHETIC sample world into an empty FOLDER, as files to import, with the truth beside them.

    Example: kolmatch world sample-world --seed 2026
    """
    import numpy as np

    from data.world import make_world, write_world

    write_world(make_world(np.random.default_rng(seed), creators=creators, posts=posts), folder)
    click.echo(f"Đã ghi thế giới MẪU (không có thật) vào {folder}. Nhập: kolmatch import posts {folder}/posts.* ...")
    click.echo(f"Wrote the SYNTHETIC sample world into {folder}.")
