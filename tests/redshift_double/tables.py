"""CREATE TABLE and ALTER TABLE of Redshift, as PostgreSQL's, with what PostgreSQL has not kept beside the table.

PostgreSQL gets columns and NOT NULL. Distribution, sort key, encodings and the keys, which Redshift keeps without
enforcing them, go along as JSON in a comment, which a trigger of `setup.sql` writes down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

from redshift_double.refusals import Refused, unknown
from redshift_double.tokens import Reader, quoted

# c_Supported_data_types. Only those are here that a contract can have, and SMALLINT.
SIMPLE_TYPES = MappingProxyType(
    {
        "SMALLINT": "smallint",
        "INT2": "smallint",
        "INTEGER": "integer",
        "INT": "integer",
        "INT4": "integer",
        "BIGINT": "bigint",
        "INT8": "bigint",
        "REAL": "real",
        "FLOAT4": "real",
        "FLOAT": "double precision",
        "FLOAT8": "double precision",
        "BOOLEAN": "boolean",
        "BOOL": "boolean",
        "DATE": "date",
        "TIMESTAMPTZ": "timestamp with time zone",
    }
)
# r_Character_types: VARCHAR and TEXT without a length have 256 bytes, and none has more than 65535.
DEFAULT_TEXT_BYTES = 256
MOST_TEXT_BYTES = 65535
# r_Numeric_types201: 18 digits without a scale where nothing is said, 38 at most.
DEFAULT_PRECISION = 18
MOST_PRECISION = 38
# t_Creating_a_compound_sort_key, r_CREATE_TABLE_NEW: at most 400 columns.
MOST_SORT_COLUMNS = 400

NUMBERS_AND_TIMES = frozenset({"smallint", "integer", "bigint", "numeric", "date", "timestamp"})
# c_Compression_encodings: which types an encoding is for.
ENCODINGS: Mapping[str, frozenset[str] | None] = MappingProxyType(
    {
        "RAW": None,
        "ZSTD": None,
        "AZ64": NUMBERS_AND_TIMES,
        "LZO": NUMBERS_AND_TIMES | {"character varying"},
        "BYTEDICT": NUMBERS_AND_TIMES | {"real", "double precision", "character varying"},
        "RUNLENGTH": None,
        "TEXT255": frozenset({"character varying"}),
        "TEXT32K": frozenset({"character varying"}),
        "DELTA": NUMBERS_AND_TIMES,
        "DELTA32K": NUMBERS_AND_TIMES - {"smallint"},
        "MOSTLY8": frozenset({"smallint", "integer", "bigint", "numeric"}),
        "MOSTLY16": frozenset({"integer", "bigint", "numeric"}),
        "MOSTLY32": frozenset({"bigint", "numeric"}),
    }
)
DISTRIBUTIONS = ("AUTO", "EVEN", "KEY", "ALL")
# c_Compression_encodings, "default": RAW for sort keys, booleans and floating point, AZ64 for other numbers and times,
# LZO for texts. Shown as `none`, `az64` and `lzo`.
LITERAL = re.compile(r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|TRUE|FALSE|NULL", re.IGNORECASE)


@dataclass(frozen=True)
class Key:
    """A primary, unique or foreign key."""

    kind: str
    """`p`, `u` or `f`, as in pg_constraint."""
    columns: list[str]
    name: str | None = None
    target: str | None = None
    target_columns: list[str] = field(default_factory=list)


@dataclass
class Layout:
    """What Redshift keeps of a table and PostgreSQL does not."""

    distribution: str = "AUTO"
    distribution_key: str | None = None
    sort_key: list[str] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    like: str | None = None
    """The table that this one is made like."""
    keys: list[Key] = field(default_factory=list)

    def as_comment(self) -> str:
        content = json.dumps(
            {
                "distribution": self.distribution,
                "distribution_key": self.distribution_key,
                "sort_key": self.sort_key,
                "encodings": self.encodings,
                "like": self.like,
                "keys": [asdict(key) for key in self.keys],
            }
        )
        if "*/" in content:
            raise unknown("a name with */ in it")
        return f"/*redshift {content} */"


@dataclass(frozen=True)
class ColumnType:
    """A type as PostgreSQL spells it."""

    name: str
    """Without length or precision."""
    arguments: str = ""
    bytes: int | None = None
    """The most bytes that a text may have."""

    @property
    def written(self) -> str:
        return f"{self.name}{self.arguments}"

    @property
    def encoded_as(self) -> str:
        return self.name.removesuffix(" with time zone").removesuffix(" without time zone")


def create_table(reader: Reader) -> str:
    """From the name on; r_CREATE_TABLE_NEW."""
    exists = "IF NOT EXISTS " if reader.accept("IF", "NOT", "EXISTS") else ""
    table = reader.dotted_name()
    layout = Layout()
    types: dict[str, ColumnType] = {}
    lines: list[str] = []
    reader.expect("(")
    while True:
        if reader.accept("LIKE"):
            # PostgreSQL gets the lengths, which are constraints there, by INCLUDING CONSTRAINTS.
            layout.like = reader.dotted_name()
            lines.append(f"LIKE {layout.like} INCLUDING CONSTRAINTS")
        elif key := _key(reader):
            layout.keys.append(key)
        else:
            lines += _column(reader, layout, types)
        if not reader.accept(","):
            break
    reader.expect(")")
    _table_attributes(reader, layout)
    reader.finish()
    _check(layout, types)
    return f"{exists}{table} ({', '.join(lines)}) {layout.as_comment()}"


def alter_table(reader: Reader) -> str:
    """A whole statement, from the name on; r_ALTER_TABLE. It knows no SET SCHEMA."""
    table = reader.dotted_name()
    if reader.accept("DROP", "CONSTRAINT"):
        name = reader.name()
        statement = _call("drop_key", table, name)
    elif reader.accept("RENAME", "TO"):
        statement = f"ALTER TABLE {table} RENAME TO {quoted(reader.name())}"
    elif reader.accept("ADD", "COLUMN"):
        column = _column(reader, Layout(), {})
        constraints = "".join(f", ADD {constraint}" for constraint in column[1:])
        statement = f"ALTER TABLE {table} ADD COLUMN {column[0]}{constraints}"
    elif reader.accept("DROP", "COLUMN"):
        statement = f"ALTER TABLE {table} DROP COLUMN {quoted(reader.name())}"
    elif reader.accept("OWNER", "TO"):
        statement = f"ALTER TABLE {table} OWNER TO {quoted(reader.name())}"
    elif reader.accept("APPEND"):
        # r_ALTER_TABLE_APPEND: commits at once, and cannot be run within a transaction.
        raise Refused("ALTER TABLE APPEND cannot run inside a transaction block", "25001")
    elif reader.accept("ADD") and (key := _key(reader)):
        statement = _call("add_key", table, json.dumps(asdict(key)))
    else:
        raise reader.fault()
    reader.finish()
    return statement


def _call(function: str, table: str, argument: str) -> str:
    """A statement without a result that calls a function of `setup.sql` for a table."""
    named, given = (text.replace("'", "''") for text in (table, argument))
    return f"DO $redshift$ BEGIN PERFORM redshift.{function}('{named}', '{given}'); END $redshift$"


def column_type(reader: Reader) -> ColumnType:
    word = reader.take()
    upper = word.upper
    if upper in SIMPLE_TYPES:
        return ColumnType(SIMPLE_TYPES[upper])
    if upper == "DOUBLE":
        reader.expect("PRECISION")
        return ColumnType("double precision")
    if upper == "TIMESTAMP":
        if reader.accept("WITH", "TIME", "ZONE"):
            return ColumnType("timestamp with time zone")
        reader.accept("WITHOUT", "TIME", "ZONE")
        return ColumnType("timestamp without time zone")
    if upper in ("NUMERIC", "DECIMAL"):
        precision, scale = DEFAULT_PRECISION, 0
        if reader.accept("("):
            precision = reader.number()
            scale = reader.number() if reader.accept(",") else 0
            reader.expect(")")
        if not 1 <= precision <= MOST_PRECISION or scale > precision:
            raise Refused(f"DECIMAL precision {precision} must be between 1 and {MOST_PRECISION}", "22023")
        return ColumnType("numeric", f"({precision},{scale})")
    if upper in ("VARCHAR", "TEXT", "NVARCHAR") or (upper == "CHARACTER" and reader.accept("VARYING")):
        length = DEFAULT_TEXT_BYTES
        if upper != "TEXT" and reader.accept("("):
            length = MOST_TEXT_BYTES if reader.accept("MAX") else reader.number()
            reader.expect(")")
        if not 1 <= length <= MOST_TEXT_BYTES:
            raise Refused(f"length for type character varying cannot exceed {MOST_TEXT_BYTES}", "22023")
        return ColumnType("character varying", f"({length})", length)
    raise unknown(f"the type {word.written}")


def _column(reader: Reader, layout: Layout, types: dict[str, ColumnType]) -> list[str]:
    """A column's line, and a constraint for the bytes of a text."""
    name = reader.name()
    kind = types[name] = column_type(reader)
    line = f"{quoted(name)} {kind.written}"
    while True:
        if reader.accept("NOT", "NULL"):
            line += " NOT NULL"
        elif reader.accept("NULL"):
            line += " NULL"
        elif reader.accept("DEFAULT"):
            token = reader.take()
            if not LITERAL.fullmatch(token.written):
                raise unknown(f"a default of {token.written}")
            line += f" DEFAULT {token.written}"
        elif reader.accept("ENCODE"):
            layout.encodings[name] = reader.name().upper()
        elif reader.accept("DISTKEY"):
            layout.distribution, layout.distribution_key = "KEY", name
        elif reader.accept("SORTKEY"):
            layout.sort_key = [name]
        elif reader.accept("PRIMARY", "KEY"):
            layout.keys.append(Key("p", [name]))
            line += " NOT NULL"
        elif reader.accept("REFERENCES"):
            layout.keys.append(_reference(reader, None, [name]))
        else:
            break
    if kind.bytes is None:
        return [line]
    # r_Character_types: a length is in bytes, where PostgreSQL counts characters.
    label = quoted(f"{name}: value too long for type {kind.written}")
    return [line, f"CONSTRAINT {label} CHECK (octet_length({quoted(name)}) <= {kind.bytes})"]


def _key(reader: Reader) -> Key | None:
    """A key, which PostgreSQL does not get: it would enforce it (c_unsupported-postgresql-features)."""
    name = reader.name() if reader.accept("CONSTRAINT") else None
    if reader.accept("PRIMARY", "KEY"):
        return Key("p", reader.names(), name)
    if reader.accept("UNIQUE"):
        return Key("u", reader.names(), name)
    if reader.accept("FOREIGN", "KEY"):
        columns = reader.names()
        reader.expect("REFERENCES")
        return _reference(reader, name, columns)
    return None


def _reference(reader: Reader, name: str | None, columns: list[str]) -> Key:
    target = reader.dotted_name()
    token = reader.peek()
    return Key("f", columns, name, target, reader.names() if token is not None and token.written == "(" else [])


def _table_attributes(reader: Reader, layout: Layout) -> None:
    """What follows the closing bracket."""
    while not reader.is_done:
        if reader.accept("DISTSTYLE"):
            layout.distribution = reader.name().upper()
            if layout.distribution not in DISTRIBUTIONS:
                raise reader.fault()
        elif reader.accept("DISTKEY"):
            (layout.distribution_key,) = reader.names()
            # r_CREATE_TABLE_NEW: without a DISTSTYLE, it is KEY.
            layout.distribution = "KEY" if layout.distribution == "AUTO" else layout.distribution
        elif reader.accept("COMPOUND", "SORTKEY"):
            layout.sort_key = reader.names()
        elif reader.accept("SORTKEY", "AUTO") or reader.accept("ENCODE", "AUTO"):
            continue
        elif reader.accept("SORTKEY"):
            layout.sort_key = reader.names()
        elif reader.accept("BACKUP"):
            reader.name()
        else:
            raise reader.fault()


def _check(layout: Layout, types: Mapping[str, ColumnType]) -> None:
    """Refuse a layout that does not fit the columns: r_CREATE_TABLE_NEW, c_Compression_encodings."""
    if (layout.distribution == "KEY") != (layout.distribution_key is not None):
        raise Refused("DISTSTYLE KEY requires a DISTKEY, and no other style allows one", "42601")
    if len(layout.sort_key) > MOST_SORT_COLUMNS:
        raise Refused(f"a sort key has at most {MOST_SORT_COLUMNS} columns", "42601")
    if not types:  # LIKE
        return
    distribution = [layout.distribution_key] if layout.distribution_key else []
    keys = [name for key in layout.keys for name in key.columns]
    for name in (*distribution, *layout.sort_key, *keys):
        if name not in types:
            raise Refused(f'column "{name}" named in key does not exist', "42703")
    for name, encoding in layout.encodings.items():
        if encoding not in ENCODINGS:
            raise Refused(f'invalid encoding type "{encoding.lower()}"', "42601")
        kinds = ENCODINGS[encoding]
        if kinds is not None and types[name].encoded_as not in kinds:
            raise Refused(
                f'invalid encoding type specified for column "{name}"', "42601", f"{encoding} on {types[name].written}"
            )
