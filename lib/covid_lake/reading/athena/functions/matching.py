"""Functions of regular expressions."""

from __future__ import annotations

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts, regexes
from covid_lake.reading.athena.functions.calls import Call
from covid_lake.reading.athena.kinds import BOOLEAN, VARCHAR
from covid_lake.reading.athena.values import DUCKDB, refuses, text_literal


def matched(call: Call) -> str:
    regex = regexes.read_regex(call.literal(1), call.name)
    pattern = text_literal(regex.written_for(call.engine, call.name, ends=True))
    operator = "regexp_matches({}, {})" if call.engine == DUCKDB else "({} ~ {})"
    return _where_read_alike(call, regex, operator.format(call.texts[0], pattern))


def extracted(call: Call) -> str:
    regex, group = _regex_and_group(call)
    pattern = regex.written_for(call.engine, call.name)
    if call.engine == DUCKDB:
        found = f"regexp_extract({call.texts[0]}, {text_literal(pattern)}, {group})"
        is_there = f"regexp_matches({call.texts[0]}, {text_literal(pattern)})"
        return _where_read_alike(call, regex, f"CASE WHEN {is_there} THEN {found} END")
    # With the whole in brackets, group 0 is the first, and the others follow.
    found = f"(regexp_match({call.texts[0]}, {text_literal(f'({pattern})')}))[{group + 1}]"
    return _where_read_alike(call, regex, found)


def all_extracted(call: Call) -> str:
    regex, group = _regex_and_group(call)
    _require_letters(call, regex)
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"regexp_extract_all({call.texts[0]}, {pattern}, {group})")


def counted(call: Call) -> str:
    regex = regexes.read_regex(call.literal(1), call.name)
    _require_letters(call, regex)
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"len(regexp_extract_all({call.texts[0]}, {pattern}))")


def divided(call: Call) -> str:
    """regexp_split."""
    regex = regexes.read_regex(call.literal(1), call.name)
    _require_letters(call, regex)
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"regexp_split_to_array({call.texts[0]}, {pattern})")


def replaced(call: Call) -> str:
    regex = regexes.read_regex(call.literal(1), call.name)
    if regex.may_be_empty or (regex.has_optional_groups and len(call.values) == 3 and "$" in call.literal(2)):
        raise QueryError(f"{call.name}: the pattern {regex.text!r} may match nothing, which is not answered here")
    by = regexes.regex_replacement(call.literal(2), regex.groups, call.name) if call.values[2:] else ""
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"regexp_replace({call.texts[0]}, {pattern}, {text_literal(by)}, 'g')")


def _require_letters(call: Call, regex: regexes.Regex) -> None:
    if regex.may_be_empty:
        raise QueryError(f"{call.name}: the pattern {regex.text!r} matches an empty text, which is not answered here")


def _regex_and_group(call: Call) -> tuple[regexes.Regex, int]:
    regex = regexes.read_regex(call.literal(1), call.name)
    group = call.number(2) if call.values[2:] else 0
    if not 0 <= group <= regex.groups:
        raise QueryError(f"{call.name}: the pattern {regex.text!r} has no group {group}")
    if group and regex.has_optional_groups:
        raise QueryError(f"{call.name}: a group of {regex.text!r} may take no part in a match, which is not answered")
    return regex, group


def _where_read_alike(call: Call, regex: regexes.Regex, text: str) -> str:
    """The expression for the texts in which the pattern means the same in both, and a failure for the others."""
    unlike = regex.read_otherwise_in(call.texts[0], call.engine, is_match=call.name == "regexp_like")
    if not unlike:
        return text
    spelled = regex.text.replace("'", "''")
    message = f"'{call.name}: {spelled} is read otherwise by Athena: ' || {call.texts[0]}"
    kind = VARCHAR if call.name != "regexp_like" else BOOLEAN
    raised = refuses(message) if call.engine == DUCKDB else casts.raised_by_postgres(message, kind)
    return f"CASE WHEN {unlike} THEN {raised} ELSE {text} END"
