"""Settings of a Spark session that decide what rows mean: the same on a laptop, on Glue and in the tests."""

from __future__ import annotations

# Sessions that somebody else has started get them too, since their defaults may differ. They are a part of every
# table's fingerprint: another value builds all tables anew.
SEMANTICS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.storeAssignmentPolicy": "ANSI",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.mapKeyDedupPolicy": "EXCEPTION",
    # A text that is no time becomes null: it isn't an error, nor read as older Sparks would read it.
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # How the text of a query is parsed.
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parser.quotedRegexColumnNames": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.orderByOrdinal": "true",
    # A missing or damaged file is an error: its rows must not be left out silently.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # With pruning, short records of a CSV file are filled up with nulls.
    "spark.sql.csv.parser.columnPruning.enabled": "true",
    "spark.sql.columnNameOfCorruptRecord": "_corrupt_record",
    "spark.sql.json.enablePartialResults": "true",
    # Refused records are kept as JSON without their empty fields.
    "spark.sql.jsonGenerator.ignoreNullFields": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.parquet.binaryAsString": "false",
    "spark.sql.parquet.int96AsTimestamp": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
    # Days before the Gregorian calendar are written as all readers but old Sparks read them.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # Case is mapped by Java under both engines. Spark 4's default, the ICU library, takes a second to load.
    "spark.sql.icu.caseMappings.enabled": "false",
    # For an empty result this rule drops the plan below it, and with it the counts that are taken there.
    "spark.sql.adaptive.optimizer.excludedRules": ("org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation"),
}
