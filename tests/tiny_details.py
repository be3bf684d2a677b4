"""What the tiny model of `tests/api_world.py` looks up: small histories with known figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from models.audience_sources import SourceText
from models.detail import PlatformMonth, PostPoint, PresenceAudience, PresenceForecast, Timeline
from models.shortlist import Points

FORECAST = PresenceForecast("tiktok", "video", Points(800.0, 2000.0, 9000.0), 6, "ok")
AUDIENCE = PresenceAudience(
    "tiktok", Points(0.2, 0.3, 0.4), SourceText("Nền tảng báo cáo ngày 01/10/2026", "Reported by the platform")
)


class TinyDetails:
    """Three posts a creator, one of them with unknown views; one sudden change."""

    def timeline(self, creator_id: str, ages: tuple[int, int], provinces: Sequence[str]) -> Timeline:
        posts = tuple(
            PostPoint(f"{creator_id}-{month}", "tiktok", "video", datetime(2026, month, 2, tzinfo=UTC), text, views)
            for month, text, views in (
                (8, "bài một", 1500),
                (9, "bài hai", None),
                (10, "<script>bài ba</script>", 4000),
            )
        )
        return Timeline(posts, (FORECAST,), (AUDIENCE,))

    def months(self) -> tuple[PlatformMonth, ...]:
        return (
            PlatformMonth("tiktok", "video", "2026-09", 40, 1.0, 0.9, 1.1, False),
            PlatformMonth("tiktok", "video", "2026-10", 50, 1.6, 1.4, 1.8, True),
        )

    def facets_of(self, text: str) -> tuple[str, ...]:
        return ("nộp hồ sơ trực tuyến",) if "nộp hồ sơ trực tuyến" in text.lower() else ()

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """Shared words of all words."""
        words = set(text.lower().split())
        return [len(words & set(o.lower().split())) / len(words | set(o.lower().split())) for o in others]
