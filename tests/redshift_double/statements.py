"""Any statement of Redshift as one for PostgreSQL, or refused. What has no rule here does not pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from redshift_double.copying import Copier
from redshift_double.queries import check_and_adapt
from redshift_double.refusals import Refused, unknown
from redshift_double.tables import alter_table, create_table
from redshift_double.tokens import Reader, tokens_of

# r_BEGIN, r_COMMIT, r_ROLLBACK, and what the drivers say to begin and end a transaction.
TRANSACTIONS = frozenset({"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "END", "ABORT"})
TRANSACTIONS |= {"BEGIN TRANSACTION", "BEGIN READ ONLY", "BEGIN READ WRITE"}
# r_CREATE_VIEW: the view does not hold its tables. PostgreSQL's does: whoever drops a table drops its views before.
LATE_BINDING = re.compile(r"\s+WITH\s+NO\s+SCHEMA\s+BINDING\s*$", re.IGNORECASE)
# r_SET and cm_chap_ConfigurationRef: settings that PostgreSQL has, too.
SETTINGS = frozenset(
    {
        "APPLICATION_NAME", "CLIENT_ENCODING", "DATESTYLE", "EXTRA_FLOAT_DIGITS", "SEARCH_PATH", "STATEMENT_TIMEOUT",
        "TIMEZONE",
    }
)  # fmt: skip
# Those that it lacks (r_query_group, r_wlm_query_slot_count, r_enable_result_cache_for_session).
OWN_SETTINGS = frozenset({"QUERY_GROUP", "WLM_QUERY_SLOT_COUNT", "ENABLE_RESULT_CACHE_FOR_SESSION"})


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates one statement after another."""

    copier: Copier

    def translate(self, sql: str) -> str:
        """The statement for PostgreSQL. Raises `Refused`."""
        tokens = tokens_of(sql)
        if not tokens:
            return sql
        if any(token.written == ";" for token in tokens[:-1]):
            raise unknown("several statements at once")
        words = " ".join(token.written for token in tokens if token.written != ";").upper()
        if words in TRANSACTIONS:
            return sql
        rules: dict[str, Callable[[str], str]] = {
            "ALTER": _alter,
            "ANALYZE": _analyze,
            "COMMENT": _comment,
            "COPY": self.copier.translate,
            "CREATE": _create,
            "DROP": _drop,
            "GRANT": _grant,
            "LOCK": _lock,
            "REVOKE": _grant,
            "SET": _set,
            "SHOW": _show,
            "TRUNCATE": _truncate,
            "VACUUM": _vacuum,
        }
        rule = rules.get(tokens[0].upper, check_and_adapt)
        if rule is check_and_adapt and tokens[0].upper not in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE"):
            raise unknown(f"the statement {tokens[0].written}")
        return rule(sql)


def _create(sql: str) -> str:
    reader = Reader(sql)
    reader.expect("CREATE")
    if reader.accept("TABLE"):
        return f"CREATE TABLE {create_table(reader)}"
    if reader.accept("TEMP", "TABLE") or reader.accept("TEMPORARY", "TABLE"):
        return f"CREATE TEMP TABLE {create_table(reader)}"
    if reader.accept("SCHEMA"):  # r_CREATE_SCHEMA
        exists = "IF NOT EXISTS " if reader.accept("IF", "NOT", "EXISTS") else ""
        name = reader.dotted_name()
        owner = f" AUTHORIZATION {reader.dotted_name()}" if reader.accept("AUTHORIZATION") else ""
        reader.finish()
        return f"CREATE SCHEMA {exists}{name}{owner}"
    if reader.accept("ROLE"):  # r_CREATE_ROLE
        name = reader.dotted_name()
        reader.finish()
        return f"CREATE ROLE {name}"
    replace = "OR REPLACE " if reader.accept("OR", "REPLACE") else ""
    if reader.accept("VIEW"):  # r_CREATE_VIEW
        name = reader.dotted_name()
        token = reader.peek()
        columns = ""
        if token is not None and token.written == "(":
            columns = f" ({', '.join(reader.names())})"
        reader.expect("AS")
        query = LATE_BINDING.sub("", sql[reader.position :])
        return f"CREATE {replace}VIEW {name}{columns} AS {check_and_adapt(query)}"
    raise unknown(f"CREATE {sql.split(maxsplit=2)[1]}")


def _alter(sql: str) -> str:
    reader = Reader(sql)
    reader.expect("ALTER")
    if not reader.accept("TABLE"):
        raise unknown(f"ALTER {sql.split(maxsplit=2)[1]}")
    return alter_table(reader)


def _drop(sql: str) -> str:
    """r_DROP_TABLE, r_DROP_VIEW, r_DROP_SCHEMA: PostgreSQL's grammar."""
    reader = Reader(sql)
    reader.expect("DROP")
    if not (reader.accept("TABLE") or reader.accept("VIEW") or reader.accept("SCHEMA")):
        raise unknown(f"DROP {sql.split(maxsplit=2)[1]}")
    reader.accept("IF", "EXISTS")
    reader.dotted_name()
    while reader.accept(","):
        reader.dotted_name()
    if not reader.accept("CASCADE"):
        reader.accept("RESTRICT")
    reader.finish()
    return sql


def _comment(sql: str) -> str:
    """r_COMMENT"""
    reader = Reader(sql)
    reader.expect("COMMENT", "ON")
    kind = reader.take().upper
    if kind not in ("TABLE", "COLUMN", "VIEW", "SCHEMA"):
        raise unknown(f"COMMENT ON {kind}")
    reader.name()
    while reader.accept("."):
        reader.name()
    reader.expect("IS")
    if not reader.accept("NULL"):
        reader.text()
    reader.finish()
    return sql


def _grant(sql: str) -> str:
    """r_GRANT: a role is called ROLE there, and a user nothing."""
    reader = Reader(sql)
    verb = reader.take().upper
    granted_to = "TO" if verb == "GRANT" else "FROM"
    while not reader.accept(granted_to):
        reader.take()
    before = sql[: reader.last_end]
    is_role = reader.accept("ROLE")
    if not is_role and (reader.accept("GROUP") or reader.accept("PUBLIC")):
        raise unknown(f"{verb} to a group or to PUBLIC")
    grantee = reader.dotted_name()
    reader.finish()
    privileges = {token.upper for token in tokens_of(before)}
    if not privileges & {"SELECT", "USAGE"}:
        raise unknown(f"the privilege in {sql}")
    return f"{before} {grantee}"


def _lock(sql: str) -> str:
    """r_LOCK: `LOCK [TABLE] table_name [, …]`, an exclusive lock, without a mode or NOWAIT."""
    reader = Reader(sql)
    reader.expect("LOCK")
    reader.accept("TABLE")
    names = [reader.dotted_name()]
    while reader.accept(","):
        names.append(reader.dotted_name())
    reader.finish()
    return f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"


def _analyze(sql: str) -> str:
    """r_ANALYZE"""
    reader = Reader(sql)
    reader.expect("ANALYZE")
    reader.accept("VERBOSE")
    table = reader.dotted_name()
    token = reader.peek()
    columns = f" ({', '.join(reader.names())})" if token is not None and token.written == "(" else ""
    if not reader.accept("PREDICATE", "COLUMNS"):
        reader.accept("ALL", "COLUMNS")
    reader.finish()
    return f"ANALYZE {table}{columns}"


def _vacuum(sql: str) -> str:
    """r_VACUUM_command: cannot be run in a transaction, which PostgreSQL refuses as well."""
    reader = Reader(sql)
    reader.expect("VACUUM")
    for option in (("FULL",), ("SORT", "ONLY"), ("DELETE", "ONLY"), ("RECLUSTER",)):
        if reader.accept(*option):
            break
    table = reader.dotted_name()
    if reader.accept("TO"):
        reader.number()
        reader.expect("PERCENT")
    reader.accept("BOOST")
    reader.finish()
    return f"VACUUM {table}"


def _truncate(_: str) -> str:
    """r_TRUNCATE: "TRUNCATE commits the transaction in which it is run". No load here may do that."""
    raise Refused("TRUNCATE commits the transaction that it is run in; a load that needs it can't be rolled back")


def _set(sql: str) -> str:
    reader = Reader(sql)
    reader.expect("SET")
    if reader.accept("SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"):
        return sql
    name = reader.name().upper()
    if name in SETTINGS:
        return sql
    if name in OWN_SETTINGS:
        if not reader.accept("TO"):
            reader.expect("=")
        token = reader.take()
        value = token.value.replace("'", "''")
        return f"SET redshift.{name.lower()} TO '{value}'"
    raise unknown(f"the setting {name.lower()}")


def _show(sql: str) -> str:
    reader = Reader(sql)
    reader.expect("SHOW")
    name = reader.name().upper()
    reader.finish()
    if name not in SETTINGS:
        raise unknown(f"SHOW {name.lower()}")
    return sql
