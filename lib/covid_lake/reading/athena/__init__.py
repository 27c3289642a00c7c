"""Athena's SQL for other engines: only what was compared with Athena passes, the rest is refused by name.

Engines share names and not meanings: `date_diff` counts boundaries in one and whole units in another. So nothing is
passed on because it looks alike. A query is walked from its tables to its columns with the type of each expression
(`kinds`); each operator and function is written for the engine by a rule (`functions`, `casts`), and what has no rule
raises a `QueryError` that names it.
"""
