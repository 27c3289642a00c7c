"""How Athena's SQL is read: Trino's syntax, with nothing reinterpreted on the way."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.parsers.trino import TrinoParser

# Words that other engines have for types and operators, and Athena has not: they are names like any other.
FOREIGN_WORDS: Final = {
    "ASOF", "BIGDECIMAL", "BIGNUMERIC", "BINARY", "BLOB", "BOOL", "BYTE", "BYTEA", "CHAR VARYING", "CHARACTER",
    "CHARACTER VARYING", "CLOB", "CLUSTER BY", "DATETIME", "DEC", "DISTRIBUTE BY", "DIV", "FIXED", "FLOAT", "FLOAT4",
    "FLOAT8", "GLOB", "HUGEINT", "INT1", "INT128", "INT16", "INT2", "INT256", "INT32", "INT4", "INT64", "INT8",
    "ISNULL", "JSONB", "LONG", "LONGVARCHAR", "MEDIUMINT", "NCHAR", "NOTNULL", "NUMBER", "NUMERIC",
    "NVARCHAR", "NVARCHAR2", "SHORT", "SORT BY", "STR", "STRING", "STRUCT", "TEXT", "TIMESTAMPLTZ", "TIMESTAMPTZ",
    "TIMESTAMP_LTZ", "TIMETZ",
    "UHUGEINT", "UINT", "UINT128", "VARCHAR2", "XOR",
}  # fmt: skip
# How the parser has the calls that have a syntax of their own; all others stay as they were written.
SPELLED_CALLS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "LISTAGG")


def _decimal_literal(literal: exp.Expr) -> exp.Expr:
    """DECIMAL '1.50', which has the digits that are written."""
    whole, _, fraction = str(literal.this).lstrip("+-").partition(".")
    digits = len(whole.lstrip("0") + fraction) or 1
    return exp.Cast(this=literal, to=exp.DataType.build(f"decimal({digits}, {len(fraction)})"))


class AthenaSql(Trino):
    """Athena's queries, which are Trino's, with every call as it was written and every array counted from one.

    sqlglot's own reading turns calls into what most engines mean by them, which is where meanings get lost.
    """

    INDEX_OFFSET = 0

    class Tokenizer(Trino.Tokenizer):
        KEYWORDS: ClassVar[dict[str, Any]] = {
            word: kind for word, kind in Trino.Tokenizer.KEYWORDS.items() if word not in FOREIGN_WORDS
        }

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in SPELLED_CALLS
        }
        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {
            **Trino.Parser.TYPE_LITERAL_PARSERS,
            exp.DType.DECIMAL: lambda _parser, literal, _type: _decimal_literal(literal),
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in Trino.Parser.NO_PAREN_FUNCTION_PARSERS.items() if name in ("CASE", "ANY")
        }
