"""How landing files write values: what Spark's expressions and the typed views of Athena read alike."""

from __future__ import annotations

# What is taken off both ends of a text.
BLANKS = " \t\r\n\u00a0\ufeff"
MANTISSA = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
# In so many signs no number loses a digit as a double, up to the first whole number that doubles leave out.
SHORT_SIGNS, DOUBLES_ARE_WHOLE_BELOW = 18, 2**53
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
# The years 1 to 9999, which every engine and Python can show.
EARLIEST_EPOCH_MS, LATEST_EPOCH_MS = -62_135_596_800_000, 253_402_300_799_999
# The formats that feeds publish; the others come from spreadsheets, and are rare.
USUAL_FORMATS = (
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "M/d/yyyy H:mm",
    "M/d/yy H:mm",
    "yyyy-MM-dd",
    "yyyyMMdd",
)
ISO_TIMES = frozenset({"yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss"})
