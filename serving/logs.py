"""How the service logs: to standard error, and without anything that a request said."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal, TypeAlias

_ExceptionInfo: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"

# Of an access line.
_FIELDS: Final = ("method", "route", "status", "milliseconds", "request_id", "trace_id", "bundle_id")


def log_config(form: Literal["text", "json"]) -> dict[str, Any]:
    """The configuration for `logging.config.dictConfig`: lines for a person, or one JSON object an event."""
    plain = {"()": "serving.logs.DiscreetFormatter", "fmt": "%(asctime)s %(levelname)s %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"text": plain, "json": {"()": "serving.logs.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
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


class JsonFormatter(DiscreetFormatter):
    """The same as a JSON object: time in UTC, level, logger, message, and the fields of an access line as values."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        content: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        content |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False)
