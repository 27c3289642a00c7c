"""One root and a named class for each fault, so that a caller can tell what to do about it."""

from __future__ import annotations


class LakeError(Exception):
    """The root of everything this library raises on purpose; its text is fit for a person."""


class SettingsError(LakeError):
    """An argument or an environment variable is missing, unknown or has an unusable value."""


class StorageError(LakeError):
    """A file or an object could not be read, written or listed."""


class AlreadyExists(StorageError):
    """An exclusive create found that another writer had been there first."""


class PublishConflict(LakeError):
    """Another run published a version of the same table since this run read the lake."""


class AuditFailed(LakeError):
    """What was written is not what was read, or a check on the table does not hold; nothing was published."""


class TooManyRefused(AuditFailed):
    """More records of a table were refused than its contract allows; where they lie, the message says."""


class AccountsDiffer(AuditFailed):
    """The records that went into a table are not those that came out: the accounts don't add up."""


class MissingInput(LakeError):
    """There is no lake at the place that was named, or it has nothing that a run could stand on."""


class UnknownTable(LakeError):
    """A name that is no table of the dataset, or a table without a published version."""


class TraceError(LakeError):
    """No row, or more than one, has the values by which a row was asked for."""


class QueryError(LakeError):
    """A query could not be read, translated or answered."""


class WarehouseError(LakeError):
    """The warehouse could not be reached, or refused a statement."""


class TrinoError(LakeError):
    """A Trino server could not be reached, is none, or refused the user."""


class CatalogError(LakeError):
    """The catalog of tables could not be reached, refused a change, or belongs to another lake."""


class CatalogConflict(CatalogError):
    """Another publisher changed an entry of the catalog between this one's look at it and its change."""


class VerificationFailed(WarehouseError):
    """The loaded tables differ from the curated version; the load was rolled back."""


class OutputError(LakeError):
    """What a command prints could not be written: the disk behind the output is full, or the device is gone."""


class OutputClosed(OutputError):
    """Whoever read the output has stopped reading, as `head` does."""
