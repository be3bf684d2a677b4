"""How much the summands that order a list count beside each other, and the decisions of staff that teach it.

Views are the unit. Every other weight is one until staff's own choices, held out, were foretold better by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

# What a list is ordered by, as it is learned: views with the topic's lift, the audience's share, the step from the
# middle to the lower end of reach, and fit.
SUMMANDS: Final = ("views", "audience", "caution", "fit")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Weights beside views.

    Attributes:
        audience, caution, fit: factors on these summands; on fit, beside `matcher.fit_weight`.
        briefs: how many decided briefs they were learned from; 0 where no decision has changed them.
    """

    audience: float = 1.0
    caution: float = 1.0
    fit: float = 1.0
    briefs: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Preferences:
        """The inverse of `to_dict`."""
        return cls(**content)


PRIOR: Final = Preferences()


@dataclass(frozen=True, slots=True)
class DecidedList:
    """A list as staff saw it, and whom of it they took.

    Attributes:
        brief_id: whose list it is; lists of one brief are no independent witnesses.
        decided_at: when the last of its decisions was taken.
        synthetic: whether invented data made the list.
        parts: (n_creators, 4) summands as `SUMMANDS`, in log space, each before any weight.
        places: (n_creators,) where each stood, from 1.
        chosen: (n_creators,) who was shortlisted or invited; all others were rejected or passed over.
    """

    brief_id: str
    decided_at: datetime
    synthetic: bool
    parts: Doubles
    places: npt.NDArray[np.int64]
    chosen: npt.NDArray[np.bool_]
