"""How the service logs: to standard error, and without anything that a request said."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any, Final, TypeAlias

_ExceptionInfo: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"

LOG_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "serving.logs.DiscreetFormatter", "fmt": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "kolmatch": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


class DiscreetFormatter(logging.Formatter):
    """Says where an exception came from and of what type it is, never its message: that may quote a brief."""

    def formatException(self, ei: _ExceptionInfo) -> str:
        """Frames and type names of an exception and its causes."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines += [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]
            error = error.__cause__ or error.__context__
        return "".join(lines).rstrip()
