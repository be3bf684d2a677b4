"""Every task by name, and which of them can be made from a data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import expert_tasks, question_tasks, tiktok_tasks
from benchmarks.damage import DAMAGES, damaged
from benchmarks.expert_tasks import android_experts, dblp_experts
from benchmarks.protocol import Query, Task
from benchmarks.question_tasks import health_questions, health_questions_warm, law_questions
from benchmarks.tiktok_tasks import SEED, campaign_a, campaign_b, next_post

__all__ = [
    "TASKS",
    "Query",
    "Task",
    "TaskMaker",
    "android_experts",
    "campaign_a",
    "campaign_b",
    "dblp_experts",
    "health_questions",
    "health_questions_warm",
    "law_questions",
    "next_post",
    "next_post_without_diacritics",
    "variants",
]

DEFAULT_DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class TaskMaker:
    """How a task is made from the data folder, and the folder in it that must be there."""

    folder: str
    make: Callable[[Path], Task]

    def is_possible(self, data: Path) -> bool:
        """Whether the data for it is there."""
        return (data / self.folder).is_dir()


TASKS: Final = {
    "next_post": TaskMaker(tiktok_tasks.FOLDER, next_post),
    "campaign_a": TaskMaker(tiktok_tasks.FOLDER, campaign_a),
    "campaign_b": TaskMaker(tiktok_tasks.FOLDER, campaign_b),
    "law_questions": TaskMaker(question_tasks.LAW_FOLDER, law_questions),
    "health_questions": TaskMaker(question_tasks.HEALTH_FOLDER, health_questions),
    "health_questions_warm": TaskMaker(question_tasks.HEALTH_FOLDER, health_questions_warm),
    "dblp_experts": TaskMaker(expert_tasks.DBLP_FOLDER, dblp_experts),
    "android_experts": TaskMaker(expert_tasks.ANDROID_FOLDER, android_experts),
}
ENGLISH: Final = frozenset({"dblp_experts", "android_experts"})


def next_post_without_diacritics(folder: Path) -> Task:
    """The next-post task with its queries typed without diacritics."""
    return damaged(next_post(folder), "no_diacritics", SEED)


def variants(task: Task) -> tuple[Task, ...]:
    """The task as it is and, unless it is English, once per kind of damage to its queries."""
    if task.name in ENGLISH:
        return (task,)
    return (task, *(damaged(task, kind, SEED) for kind in DAMAGES))
