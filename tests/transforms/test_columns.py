"""Text to types: each spelling that the real files have, and null for what is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from covid_lake.contracts import Column as ContractColumn
from covid_lake.contracts import Type
from covid_lake.datasets.covid19.contracts import JHU_TIMES, SPREADSHEET_DATE, US_TIME
from covid_lake.transforms import columns as c

DATES = ("yyyyMMdd", "yyyy-MM-dd")
EPOCH = ("epoch_ms",)
BIGGEST = 9223372036854775807


def readings(spark: SparkSession, texts: Iterable[str | None], reading: Callable[[str], Column]) -> dict[Any, Any]:
    """What a function makes of each text. A time comes as the text that Spark prints in UTC."""
    rows = spark.createDataFrame([(text,) for text in texts], "text string")
    value = F.when(reading("text").isNotNull(), reading("text").cast("string"))
    return {row["text"]: row["value"] for row in rows.select("text", value.alias("value")).collect()}


def cleaned(spark: SparkSession, texts: Iterable[str | None], tokens: tuple[str, ...]) -> dict[str | None, str | None]:
    rows = spark.createDataFrame([(text, text) for text in texts], "raw string, text string")
    return {row["raw"]: row["text"] for row in c.clean_texts(rows, {"text": tokens}).collect()}


def expect(spark: SparkSession, reading: Callable[[str], Column], expected: dict[str | None, str | None]) -> None:
    assert readings(spark, expected, reading) == expected


def test_the_four_spellings_of_a_time(spark: SparkSession) -> None:
    expected = {
        "1/22/2020 17:00": "2020-01-22 17:00:00",
        "12/1/2020 7:05": "2020-12-01 07:05:00",
        "3/22/20 23:45": "2020-03-22 23:45:00",
        "2020-02-02T23:43:02": "2020-02-02 23:43:02",
        "2020-05-30 02:32:48": "2020-05-30 02:32:48",
        "2020-05-30T02:32:48Z": "2020-05-30 02:32:48",
        "2020-05-30T02:32:48.500Z": "2020-05-30 02:32:48.5",
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), expected)


def test_times_that_a_spreadsheet_wrote(spark: SparkSession) -> None:
    expected = {
        "3/1/2020 1:05 PM": "2020-03-01 13:05:00",
        "3/1/20 12:05 am": "2020-03-01 00:05:00",
        "12/31/2020 11:59:07 PM": "2020-12-31 23:59:07",
        "3/1/20 1:05:09 AM": "2020-03-01 01:05:09",
        "3/1/2020 13:05:09": "2020-03-01 13:05:09",
        "3/1/20 1:05:09": "2020-03-01 01:05:09",
        "3/1/2020": "2020-03-01 00:00:00",
        "12/31/20": "2020-12-31 00:00:00",
        "2020-03-01": "2020-03-01 00:00:00",
        "3/1/2020 13:05 PM": None,
        "3/1/2020 1:05 XM": None,
        "13/1/2020": None,
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), expected)


def test_dates_that_a_spreadsheet_wrote(spark: SparkSession) -> None:
    expected = {"3/1/2020": "2020-03-01", "12/31/20": "2020-12-31", "13/1/2020": None, "3/1/2020 1:05": None}
    expect(spark, lambda name: c.date(name, ("yyyy-MM-dd", *SPREADSHEET_DATE)), expected)


def test_hour_24_is_the_next_midnight(spark: SparkSession) -> None:
    expected = {
        "2021-03-07T24:00:00Z": "2021-03-08 00:00:00",
        "2020-12-31T24:00:00": "2021-01-01 00:00:00",
        "2020-02-28 24:00:00": "2020-02-29 00:00:00",
        "2021-03-07T25:00:00Z": None,
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), expected)


def test_what_is_no_time_is_null(spark: SparkSession) -> None:
    impossible = ["2020-02-30T00:00:00", "13/1/2020 10:00", "2/30/2020 10:00", "2020-05-30T02:61:00"]
    other = ["1/22/2020 ", "2020-01-22T", "17:00", "yesterday", "/"]
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), dict.fromkeys(impossible + other))


def test_eastern_times_become_utc_in_summer_and_in_winter(spark: SparkSession) -> None:
    expected = {
        "3/7/2021 11:00": "2021-03-07 16:00:00",
        "7/1/2020 11:00": "2020-07-01 15:00:00",
        "3/7/21 23:59": "2021-03-08 04:59:00",
    }
    expect(spark, lambda name: c.timestamp(name, US_TIME, "America/New_York"), expected)


def test_a_time_that_names_its_zone_is_not_moved_into_another(spark: SparkSession) -> None:
    expected = {
        "2021-07-07T12:00:00Z": "2021-07-07 12:00:00",
        "2021-07-07 12:00:00.500000Z": "2021-07-07 12:00:00.5",
        "2021-07-07T12:00:00+02:00": "2021-07-07 10:00:00",
        "2021-07-07 12:00:00": "2021-07-07 16:00:00",
        "2021-07-07T12:00:00.250": "2021-07-07 16:00:00.25",
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES, "America/New_York"), expected)


def test_a_zone_stands_in_numbers_or_is_utc(spark: SparkSession) -> None:
    expected = {
        "2021-07-07T12:00:00 UTC": "2021-07-07 12:00:00",
        "2021-07-07T12:00:00GMT": "2021-07-07 12:00:00",
        "2021-07-07T12:00:00-0530": "2021-07-07 17:30:00",
        "2021-07-07T12:00:00+2": "2021-07-07 10:00:00",
        "2021-07-07T12:00:00 Europe/Berlin": None,
        "2021-07-07T12:00:00+25:00": None,
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), expected)
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES, "Asia/Tokyo"), expected)


def test_a_time_is_in_the_years_1_to_9999(spark: SparkSession) -> None:
    expected = {
        "0001-01-01 00:00:00": "0001-01-01 00:00:00",
        "9999-12-31 23:59:59.999999": "9999-12-31 23:59:59.999999",
        "0000-01-01 00:00:00": None,
        "0001-01-01 00:00:00+05:00": None,
        "9999-12-31 23:00:00-05:00": None,
        "9999-12-31 24:00:00": None,
        "1/1/0000": None,
    }
    expect(spark, lambda name: c.timestamp(name, JHU_TIMES), expected)


def test_a_clock_of_a_zone_is_read_up_to_2099(spark: SparkSession) -> None:
    """The rules of zones end there, and each engine makes up others."""
    expected = {"7/1/2099 12:00": "2099-07-01 16:00:00", "7/1/2100 12:00": None}
    expect(spark, lambda name: c.timestamp(name, US_TIME, "America/New_York"), expected)
    expect(spark, lambda name: c.timestamp(name, US_TIME), {"7/1/2100 12:00": "2100-07-01 12:00:00"})


def test_dates_in_both_spellings(spark: SparkSession) -> None:
    expected = {"20210307": "2021-03-07", "2020-01-21": "2020-01-21", "2020-02-29": "2020-02-29"}
    expect(spark, lambda name: c.date(name, DATES), expected)


def test_years_of_three_digits(spark: SparkSession) -> None:
    """Some birth days of STEDI's customers lie in such years."""
    expected = {"983-01-01": "0983-01-01", "1399-01-01": "1399-01-01", "983-02-30": None, "98-01-01": None}
    expect(spark, lambda name: c.date(name, ("yyyy-MM-dd", "yyy-MM-dd")), expected)
    expect(spark, lambda name: c.date(name, ("yyyy-MM-dd",)), {"983-01-01": None})


def test_what_is_no_date_is_null(spark: SparkSession) -> None:
    texts = ["20220-01-01", "2020", "2020-01", "20200230", "2021-02-29", "202001", "2020-1-2", "1/2/2020", "20 00101"]
    expect(spark, lambda name: c.date(name, DATES), dict.fromkeys(texts))


def test_a_format_that_the_column_does_not_have_is_not_read(spark: SparkSession) -> None:
    expect(spark, lambda name: c.date(name, ("yyyy-MM-dd",)), {"20210307": None, "2021-03-07": "2021-03-07"})


def test_whole_numbers(spark: SparkSession) -> None:
    expected = {
        "0": "0",
        "-12": "-12",
        "+7": "7",
        "12.0": "12",
        "1e3": "1000",
        "1.2345678E7": "12345678",
        "1200e-2": "12",
        "1e15": "1000000000000000",
        "9007199254740993": "9007199254740993",
        str(BIGGEST): str(BIGGEST),
        f"-{BIGGEST + 1}": f"-{BIGGEST + 1}",
        None: None,
    }
    expect(spark, c.whole_number, expected)


def test_what_is_no_whole_number_is_null(spark: SparkSession) -> None:
    texts = [
        "12.5",
        "1,234",
        "NaN",
        "Infinity",
        "12k",
        "",
        "-",
        "1e99",
        "0x10",
        "1_000",
        "12.0000001",
        "1e-9",
        "1e-400",
    ]
    too_large = [str(BIGGEST + 1), f"{BIGGEST + 1}.0", f"-{BIGGEST + 2}"]
    of_other_scripts = ["\uff11\uff12", "\u0663"]
    expect(spark, c.whole_number, dict.fromkeys(texts + too_large + of_other_scripts))


def test_a_fraction_that_a_double_would_lose_is_no_whole_number(spark: SparkSession) -> None:
    expect(
        spark,
        c.whole_number,
        dict.fromkeys(["1.00000000000000000001e0", "9007199254740993e0", "10000000000000000.5e0"]),
    )


def test_an_exponent_of_nine_digits_is_not_computed(spark: SparkSession) -> None:
    """Java writes the number out: a record with such a count would keep the run busy for hours."""
    texts = ["1e-999999999", "1e999999999", "1.5e-99999999"]
    expect(spark, c.whole_number, dict.fromkeys(texts))
    expect(spark, lambda name: c.decimal(name, 10, 2), dict.fromkeys(texts))
    expect(spark, lambda name: c.timestamp(name, EPOCH), dict.fromkeys(texts))


def test_milliseconds_since_1970(spark: SparkSession) -> None:
    expected = {
        "1655564376361": "2022-06-18 14:59:36.361",
        "1655564376361.0": "2022-06-18 14:59:36.361",
        "1.655564376361E12": "2022-06-18 14:59:36.361",
        "0": "1970-01-01 00:00:00",
        "-1": "1969-12-31 23:59:59.999",
        "-62135596800000": "0001-01-01 00:00:00",
        "253402300799999": "9999-12-31 23:59:59.999",
        None: None,
    }
    expect(spark, lambda name: c.timestamp(name, EPOCH), expected)


def test_what_is_no_number_of_milliseconds_is_null(spark: SparkSession) -> None:
    beyond = ["-62135596800001", "253402300800000", str(BIGGEST), f"-{BIGGEST + 1}", str(BIGGEST + 1), "1e99"]
    other = ["1655564376361.5", "2022-06-18 14:59:36", "1,655", "yesterday", "NaN", "-", "0x10", "1655564376361L"]
    expect(spark, lambda name: c.timestamp(name, EPOCH), dict.fromkeys(beyond + other))


def test_milliseconds_beside_other_formats(spark: SparkSession) -> None:
    """The shape decides; what has the shape of another format is not read as milliseconds."""
    expected = {
        "1655564376361": "2022-06-18 14:59:36.361",
        "2022-06-18T14:59:36": "2022-06-18 14:59:36",
        "6/18/2022 2:59 PM": "2022-06-18 14:59:00",
        "20220618": "1970-01-01 05:37:00.618",
        "13/18/2022 2:59 PM": None,
    }
    expect(spark, lambda name: c.timestamp(name, (*JHU_TIMES, *EPOCH)), expected)


def test_decimals_are_exact(spark: SparkSession) -> None:
    expected = {
        "12.30": "12.30",
        "12.3": "12.30",
        "-0.01": "-0.01",
        "+7": "7.00",
        ".5": "0.50",
        "12.": "12.00",
        "12.340000000000000000000000000000000000000000": "12.34",
        "1.234E1": "12.34",
        "1.0E7": "10000000.00",
        "99999999.99": "99999999.99",
        "1e-2": "0.01",
        "1234e-2": "12.34",
        ".00123e3": "1.23",
        "0e999": "0.00",
        None: None,
    }
    expect(spark, lambda name: c.decimal(name, 10, 2), expected)


def test_a_decimal_is_never_rounded(spark: SparkSession) -> None:
    too_fine = ["12.345", "0.001", "1e-3", "1.2345E1", "12.34000000000000000000000000000000000000000001"]
    too_large = ["100000000", "99999999.995", "1e8", "1e999"]
    other = [
        "NaN",
        "Infinity",
        "1,5",
        "12 EUR",
        "",
        "-",
        ".",
        "0x10",
        "1e-\uff19",
        "1d",
        "1_000",
        "\uff11\uff12.\uff13",
    ]
    expect(spark, lambda name: c.decimal(name, 10, 2), dict.fromkeys(too_fine + too_large + other))


def test_the_largest_decimal_of_a_contract(spark: SparkSession) -> None:
    largest = "9" * 18 + "." + "9" * 10
    expect(spark, lambda name: c.decimal(name, 28, 10), {largest: largest, f"{largest}1": None, f"1{largest}": None})


def test_a_small_whole_number_type_has_its_own_bounds(spark: SparkSession) -> None:
    expected = {"2147483647": "2147483647", "2147483648": None, "2147483648.0": None}
    expect(spark, lambda name: c.whole_number(name, Type.INT), expected)


def test_numbers_are_finite(spark: SparkSession) -> None:
    expected = {
        "1.5": "1.5",
        "-7.25e2": "-725.0",
        "12": "12.0",
        "-0.0": "0.0",
        "-1e-400": "0.0",
        "NaN": None,
        "Infinity": None,
        "-inf": None,
        "1e999": None,
        "1,5": None,
        "north": None,
        "1d": None,
        "1.5F": None,
        "0x1p3": None,
    }
    expect(spark, c.number, expected)


def test_codes_get_their_zeros_back(spark: SparkSession) -> None:
    expected = {
        "1001": "01001",
        "1001.0": "01001",
        "01001": "01001",
        "36": "00036",
        "660": "00660",
        "840000": "840000",
        "27O53": "27O53",
        None: None,
    }
    expect(spark, lambda name: c.padded_code(name, 5), expected)
    expect(spark, lambda name: c.padded_code(name, 2), {"1": "01", "1.0": "01", "53": "53", "53033": "53033"})


def test_cleaned_text_has_no_blanks_around_it(spark: SparkSession) -> None:
    expected = {
        " Azerbaijan": "Azerbaijan",
        "\u00a0Norfolk County,  MA\t": "Norfolk County,  MA",
        "\ufeffTexas\r": "Texas",
        "": None,
        " \u00a0 ": None,
        "NA": "NA",
        None: None,
    }
    assert cleaned(spark, expected, ()) == expected


def test_null_tokens_are_the_columns_own(spark: SparkSession) -> None:
    expected = {" NA ": None, "N/A": None, "": None, "na": "na", "NAM": "NAM"}
    assert cleaned(spark, expected, ("", "NA", "N/A")) == expected


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (ContractColumn("x", Type.TEXT, ""), "1001", "1001"),
        (ContractColumn("x", Type.TEXT, "", pad=5), "1001", "01001"),
        (ContractColumn("x", Type.INT, ""), "7.0", 7),
        (ContractColumn("x", Type.BIGINT, ""), "5000000000", 5_000_000_000),
        (ContractColumn("x", Type.DOUBLE, ""), "1e-3", 0.001),
        (ContractColumn("x", Type.DECIMAL, "", precision=4, scale=1), "12.5", Decimal("12.5")),
        (ContractColumn("x", Type.BOOLEAN, ""), "TRUE", True),
        (ContractColumn("x", Type.BOOLEAN, ""), "n", False),
        (ContractColumn("x", Type.BOOLEAN, ""), "perhaps", None),
        (ContractColumn("x", Type.BOOLEAN, ""), "tr", None),
        (ContractColumn("x", Type.BOOLEAN, ""), "on", None),
        (ContractColumn("x", Type.DATE, "", formats=DATES), "20200630", date(2020, 6, 30)),
        (ContractColumn("x", Type.TIMESTAMP, "", formats=JHU_TIMES), "6/30/20 4:33", datetime(2020, 6, 30, 4, 33)),
    ],
    ids=lambda value: value.type if isinstance(value, ContractColumn) else str(value),
)
def test_text_becomes_the_contracts_type(column: ContractColumn, text: str, value: Any, spark: SparkSession) -> None:
    typed = spark.createDataFrame([(text,)], "x string").select(c.typed("x", column).alias("x"))
    if isinstance(value, datetime):
        typed = typed.select(F.col("x").cast("timestamp_ntz").alias("x"))
    assert typed.collect()[0]["x"] == value


def test_a_figure_that_moves_to_an_empty_column_changes_the_hash(spark: SparkSession) -> None:
    rows = [(7, None), (None, 7), (None, None), (7, 7)]
    frame = spark.createDataFrame(rows, "recovered bigint, active bigint")
    hashes = frame.select(F.expr(c.hash_with_nulls(["recovered", "active"])).alias("hash")).collect()
    assert len({row["hash"] for row in hashes}) == len(rows)


@pytest.mark.parametrize("figures", [(BIGGEST, 1), (-BIGGEST - 1, -1)])
def test_a_sum_beyond_bigint_says_what_to_do(spark: SparkSession, figures: tuple[int, int]) -> None:
    frame = spark.createDataFrame([(figure,) for figure in figures], "cases bigint")
    with pytest.raises(Exception, match=r"a sum of cases is beyond BIGINT: .* correct it, and run again"):
        frame.agg(c.checked_sum("cases")).collect()


@pytest.mark.parametrize(
    "figures",
    [
        (BIGGEST, 0),
        (-BIGGEST, -1),
        (BIGGEST, 1, -1),
        (-BIGGEST - 1, BIGGEST),
        (-1, -(2**32), 2**32 - 1, -(2**31)),
        (-7,),
    ],
)
def test_sums_are_exact_up_to_the_last_number(spark: SparkSession, figures: tuple[int, ...]) -> None:
    frame = spark.createDataFrame([(figure,) for figure in figures], "cases bigint")
    assert frame.agg(c.checked_sum("cases")).collect() == [(sum(figures),)]


def test_sums_leave_nulls_out(spark: SparkSession) -> None:
    rows = [("a", BIGGEST), ("a", None), ("a", -1), ("b", None)]
    sums = spark.createDataFrame(rows, "place string, cases bigint").groupBy("place").agg(c.checked_sum("cases"))
    assert dict(sums.collect()) == {"a": BIGGEST - 1, "b": None}


def test_a_difference_beyond_bigint_says_what_to_do(spark: SparkSession) -> None:
    rows = [(BIGGEST, 1), (None, 1), (1, None), (-BIGGEST, 1)]
    frame = spark.createDataFrame(rows, "now bigint, before bigint").select(c.checked_difference("now", "before"))
    assert [row[0] for row in frame.collect()] == [BIGGEST - 1, None, None, -BIGGEST - 1]
    beyond = spark.createDataFrame([(BIGGEST, -1)], "now bigint, before bigint")
    with pytest.raises(Exception, match=r"a difference of now is beyond BIGINT: .* correct it, and run again"):
        beyond.select(c.checked_difference("now", "before")).collect()
