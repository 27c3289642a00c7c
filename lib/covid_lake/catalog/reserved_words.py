"""The words that Athena reserves, and who uses one as a name without quotes.

The lists are those of AWS's guide, "Escape reserved keywords in queries": Athena reads DDL by Hive's grammar and
queries, those of views among them, by Trino's.
"""

from __future__ import annotations

from typing import Final

IN_DDL: Final = frozenset(
    """
    ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CASHE CAST CHAR COLUMN CONF
    CONSTRAINT COMMIT CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR DATABASE DATE DAYOFWEEK DECIMAL
    DELETE DESCRIBE DISTINCT DIV DOUBLE DROP ELSE END EXCHANGE EXISTS EXTENDED EXTERNAL EXTRACT FALSE FETCH FLOAT FLOOR
    FOLLOWING FOR FOREIGN FROM FULL FUNCTION GRANT GROUP GROUPING HAVING IF IMPORT IN INNER INSERT INT INTEGER INTERSECT
    INTERVAL INTO IS JOIN LATERAL LEFT LESS LIKE LOCAL MACRO MAP MORE NONE NOT NULL NUMERIC OF ON ONLY OR ORDER OUT
    OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRECISION PRESERVE PRIMARY PROCEDURE RANGE READS REDUCE REGEXP
    REFERENCES REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS SELECT SET SMALLINT START TABLE TABLESAMPLE THEN TIME
    TIMESTAMP TO TRANSFORM TRIGGER TRUE TRUNCATE UNBOUNDED UNION UNIQUEJOIN UPDATE USER USING UTC_TIMESTAMP VALUES
    VARCHAR VIEWS WHEN WHERE WINDOW WITH
    """.split()  # noqa: SIM905 - as a list it is not read at a glance
)
IN_QUERIES: Final = frozenset(
    """
    ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH
    CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE
    EXCEPT EXECUTE EXISTS EXTRACT FALSE FIRST FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN
    JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LAST LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP
    NATURAL NORMALIZE NOT NULL OF ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE
    UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH
    """.split()  # noqa: SIM905 - as a list it is not read at a glance
)


def unquoted_words(sql: str) -> tuple[str, ...]:
    """The reserved words that a statement uses as names without quotes, each once.

    Raises sqlglot's `SqlglotError` for what is no SQL of Athena's, as most such uses are.
    """
    import sqlglot
    from sqlglot import exp

    found = []
    for statement in filter(None, sqlglot.parse(sql, read="athena")):
        reserved = IN_QUERIES if statement.find(exp.Query) else IN_DDL
        names = [one.name for one in statement.find_all(exp.Identifier) if not one.args.get("quoted")]
        found += [name for name in names if name.upper() in reserved]
    return tuple(dict.fromkeys(found))
