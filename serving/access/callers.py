"""Roles, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """What a caller may do; each may also do what those before it may.

    PUBLIC is for routes that ask for no key: probes and the description.
    """

    PUBLIC = 0
    VIEWER = 1  # ask and read
    STAFF = 2  # keep briefs, shortlists, decisions
    APPROVER = 3  # approve what another proposed
    ADMIN = 4  # models, keys, rights; sees every department

    @property
    def label(self) -> str:
        """As it is written in settings, tokens and on the command line."""
        return self.name.lower()


ROLES: Final = {role.label: role for role in Role if role is not Role.PUBLIC}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a reference that the audit trail keeps, never a name."""

    actor: str
    role: Role
    department: str
    requests_per_minute: int

    def sees(self, department: str) -> bool:
        """Whether what a department keeps is there for this caller; else it is not found rather than forbidden."""
        return self.role is Role.ADMIN or department == self.department


NOBODY: Final = "public"
DEMO: Final = "demo"
