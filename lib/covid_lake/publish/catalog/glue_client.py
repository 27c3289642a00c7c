"""The client of the Glue API, and its errors as the library's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from covid_lake.errors import CatalogConflict, CatalogError, SettingsError
from covid_lake.store.storage import s3_session

# A throttled call is tried again after a random part of a pause that doubles each time, up to 20 seconds.
ATTEMPTS: Final = 8
CONFLICTS: Final = ("ConcurrentModificationException", "AlreadyExistsException", "EntityNotFoundException")
DENIALS: Final = ("AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "ExpiredTokenException")


def glue_client() -> Any:
    """A client of the Glue API for the account, region and endpoint that boto3 finds in the environment.

    Raises `SettingsError` where the environment names no region or is unusable otherwise.
    """
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    session = s3_session()
    try:
        return session.client("glue", config=Config(retries={"mode": "standard", "max_attempts": ATTEMPTS}))
    except (BotoCoreError, ValueError) as error:
        raise SettingsError(
            f"the client of the Glue Data Catalog cannot be made: {error}; set AWS_REGION, and look at the other AWS_ "
            "variables and at AWS's configuration files"
        ) from error


def require_no_errors(doing: str, answer: Mapping[str, Any]) -> None:
    """Raise `CatalogError` for the first error of a call that does many things at once."""
    for error in answer.get("Errors") or ():
        detail = error.get("ErrorDetail") or error.get("Error") or {}
        which = error.get("TableName") or error.get("PartitionValues") or error.get("PartitionValueList")
        code, message = detail.get("ErrorCode", ""), detail.get("ErrorMessage", "")
        kind = CatalogConflict if code in CONFLICTS else CatalogError
        raise kind(f"cannot {doing} in the Glue Data Catalog: {which}: {code} {message}".rstrip())


@contextmanager
def naming(doing: str, name: str) -> Iterator[None]:
    """Turn the client's errors into `CatalogError`, which names the database and the table."""
    from botocore.exceptions import BotoCoreError, ClientError

    what = f"cannot {doing} {name} in the Glue Data Catalog"
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in CONFLICTS:
            raise CatalogConflict(f"{what}: another publisher changed it meanwhile; run again ({error})") from error
        hint = "; the role needs the permissions that docs/catalog.md lists" if code in DENIALS else ""
        raise CatalogError(f"{what}: {error}{hint}") from error
    except BotoCoreError as error:
        raise CatalogError(f"{what}: {error}") from error
