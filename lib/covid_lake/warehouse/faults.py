"""What a warehouse's refusal means for a load: whether the same again may succeed, or its time is up. Pure."""

from __future__ import annotations

import re

from covid_lake.errors import WarehouseError

LOCK_NOT_AVAILABLE = "55P03"
"""The SQL state of a statement that was told not to wait for a lock."""
QUERY_CANCELED = "57014"
"""The SQL state of a statement that was cancelled: by a time limit, another connection or an administrator."""
CONNECTION_CLASS = "08"
# The server is shut down, has crashed, or doesn't take connections yet.
SERVER_GONE = ("57P01", "57P02", "57P03")
# A serialization failure and a deadlock, as PostgreSQL calls them; Redshift's driver, too, since it knows 40001.
CONFLICTS = ("40001", "40P01")
# Redshift's own: 1023 is a conflict of concurrent transactions. 1018 says that a table is missing which another
# transaction has replaced meanwhile. Both have the SQL state of an internal error.
REDSHIFT_CONFLICT = re.compile(
    r"Serializable isolation violation|^(?:ERROR: ?)?(?:1023\b|1018\b.*Relation does not exist)",
    re.DOTALL | re.IGNORECASE,
)


class LockTaken(WarehouseError):
    """Another session holds a lock, and the statement was told not to wait for it."""


class Transient(WarehouseError):
    """The same transaction may succeed when it is begun again."""


class SerializationConflict(Transient):
    """A concurrent transaction changed what this one had read, so that the warehouse rolled this one back."""


class ConnectionLost(Transient):
    """The connection broke. The server rolls back what was not committed."""


class Overtaken(Transient):
    """Another load committed between this load's plan and its transaction, so that the plan is out of date."""


class Unreachable(WarehouseError):
    """No connection could be opened: a server that is not there, or that lets nobody in with this user and password."""


class DeadlineExceeded(WarehouseError):
    """The load's time is up; what it was waiting for was cancelled."""


class Cancelled(WarehouseError):
    """A statement was cancelled, though not by the load's deadline."""


def fault_of(sql_state: str | None, message: str, *, is_broken: bool = False) -> type[WarehouseError]:
    """The error to raise for what the driver said. `is_broken` tells that the connection can't be used any more."""
    if sql_state == LOCK_NOT_AVAILABLE:
        return LockTaken
    if sql_state in CONFLICTS or REDSHIFT_CONFLICT.search(message):
        return SerializationConflict
    if sql_state == QUERY_CANCELED:
        return Cancelled
    if is_broken or sql_state in SERVER_GONE or (sql_state or "").startswith(CONNECTION_CLASS):
        return ConnectionLost
    return WarehouseError
