"""The star: every fact has one grain, every join states its cardinality, and no row pairs a null key with anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as W
from pyspark.sql import functions as F

from covid_lake.datasets.covid19.places import COMPOSITE_COUNTIES, COUNTRIES, US_STATES
from covid_lake.datasets.covid19.regions import COUNTY_SUFFIX, SHIP_NAMES, US, with_region_id
from covid_lake.steps import Evolution
from covid_lake.transforms.frames import inline_table

Frames = Mapping[str, DataFrame]

UNKNOWN_KEY = 0
JHU_FEEDS = ("jhu_daily_reports", "enigma_jhu")
# The order decides whose spelling names a region: the census first, then the feeds by how carefully they spell.
REGION_SOURCES = (
    "county_population",
    "jhu_daily_reports",
    "enigma_jhu",
    "nytimes_us_county",
    "nytimes_us_states",
    "testing_states_daily",
    "hospital_beds",
    "state_abv",
)
BELOW_STATE = ("county", "facility", "unassigned", "out_of_state")
COUNTY_OF_FIPS = "^county:[0-9]{5}$"
CASE_MEASURES = ("confirmed", "deaths", "recovered", "active")
TEST_MEASURES = ("positive", "negative", "hospitalized_currently", "hospitalized", "hospitalized_discharged")


def region_key(region_id: str) -> Column:
    """The surrogate key of a region: the same on every engine and in every session."""
    return F.xxhash64(F.col(region_id))


def date_key(day: str) -> Column:
    """The day as yyyymmdd."""
    return F.year(day) * 10000 + F.month(day) * 100 + F.dayofmonth(day)


# --- regions -------------------------------------------------------------------------------------------------------


def bridge_region(frames: Frames) -> DataFrame:
    """A region as one source names it, with the region that it is over all sources.

    A county that one source only names and another gives its FIPS code is one region: they are matched on state and
    folded name. A name that stands for several codes is no match.
    """
    named = _one_name_a_source(_reported_names(frames))
    is_us_county = (F.col("level") == "county") & (F.col("country_region") == US)
    has_code = F.col("reported_id").rlike(COUNTY_OF_FIPS)
    same_name = W.partitionBy("province_state", _folded("county"), is_us_county)
    coded_id = F.when(is_us_county & has_code, F.col("reported_id"))
    first, last = F.min(coded_id).over(same_name), F.max(coded_id).over(same_name)
    is_nameless = F.col("province_state").isNull() | F.col("county").isNull() | _is_composite()
    resolves = is_us_county & ~has_code & ~is_nameless & (first == last)
    resolved = named.withColumn("region_id", F.when(resolves, first).otherwise(F.col("reported_id")))
    return resolved.withColumn("region_key", region_key("region_id"))


def dim_region(frames: Frames) -> DataFrame:
    """One row a region over all sources, its state and country among them, and the unknown member."""
    bridge = frames["bridge_region"]
    named = _with_codes(_best_names(_with_ancestors(bridge)))
    located = named.join(F.broadcast(_coordinates(bridge, frames)), "region_id", "left")
    peopled = located.join(F.broadcast(_populations(frames, bridge)), "region_id", "left")
    keyed = (
        peopled.withColumn("region_key", region_key("region_id"))
        .withColumn("_state", F.when(F.col("level").isin("state", *BELOW_STATE), _state_id()))
        .withColumn("_country", F.when(_lies_in_a_country(), _country_id()))
        .withColumn("state_region_key", F.when(F.col("_state").isNotNull(), region_key("_state")))
        .withColumn("country_region_key", F.when(F.col("_country").isNotNull(), region_key("_country")))
    )
    unknown = inline_table(bridge.sparkSession, ("region_id", "level"), [("unknown", "unknown")])
    return keyed.unionByName(
        unknown.withColumn("region_key", F.lit(UNKNOWN_KEY).cast("bigint")), allowMissingColumns=True
    )


def _reported_names(frames: Frames) -> DataFrame:
    """Every way in which a source names a region, with the last day and place that it reported for it."""
    found = []
    for source in REGION_SOURCES:
        if source not in frames:
            continue
        places = _hospital_counties(frames[source]) if source == "hospital_beds" else frames[source]
        names = [F.col(name) if name in places.columns else F.lit(None).cast("string") for name in ("county", "fips")]
        if source == "testing_states_daily":
            names[0] = F.lit(None).cast("string")
        country = F.col("country_region") if "country_region" in places.columns else F.lit(US)
        is_reported = "report_date" in places.columns
        day = F.col("report_date") if is_reported else F.lit(None).cast("date")
        is_placed = is_reported and "latitude" in places.columns
        latitude, longitude = (
            F.col(name) if is_placed else F.lit(None).cast("double") for name in ("latitude", "longitude")
        )
        # (0, 0) is how the feeds write that they have no coordinates.
        placed_day = F.when((latitude != 0) | (longitude != 0), day)
        found.append(
            places.groupBy(
                F.lit(source).alias("source"),
                F.col("region_id").alias("reported_id"),
                F.col("region_level").alias("level"),
                country.alias("country_region"),
                "province_state",
                names[0].alias("county"),
                names[1].alias("fips"),
            ).agg(
                F.max(day).alias("last_report_date"),
                F.max(placed_day).alias("_placed_day"),
                F.max_by(latitude, placed_day).alias("latitude"),
                F.max_by(longitude, placed_day).alias("longitude"),
            )
        )
    return reduce(DataFrame.unionByName, found)


def _one_name_a_source(names: DataFrame) -> DataFrame:
    """The name that a source used last, and the coordinates that it gave last."""
    region = W.partitionBy("source", "reported_id")
    latest = region.orderBy(F.col("last_report_date").desc_nulls_last(), "county", "province_state", "fips")
    return (
        names.withColumn("_nth", F.row_number().over(latest))
        .withColumn("latitude", F.max_by("latitude", "_placed_day").over(region))
        .withColumn("longitude", F.max_by("longitude", "_placed_day").over(region))
        .where(F.col("_nth") == 1)
        .drop("_nth", "_placed_day")
    )


def _hospital_counties(hospitals: DataFrame) -> DataFrame:
    """The county that a hospital lies in, where its code is known."""
    counties = hospitals.withColumn("country_region", F.lit(US)).withColumn("region_level", F.lit("county"))
    return with_region_id(counties).where(F.col("region_id").rlike(COUNTY_OF_FIPS))


def _is_composite() -> Column:
    composites = [f"{state}/{county}" for state, county in COMPOSITE_COUNTIES]
    return F.concat_ws("/", "province_state", "county").isin(*composites)


def _folded(county: str) -> Column:
    """The name without case, accents, blanks, signs and suffix: `La Salle`, `LaSalle` and `LaSalle Parish` are one."""
    plain = F.translate(F.lower(F.regexp_replace(county, COUNTY_SUFFIX, "")), "áéíóúñü", "aeiounu")
    return F.regexp_replace(F.regexp_replace(plain, "^saint ", "st "), "[^a-z0-9]", "")


def _state_id() -> Column:
    return F.when(
        F.col("province_state").isNotNull(),
        F.concat(F.lit("state:"), F.concat_ws("/", "country_region", "province_state")),
    )


def _country_id() -> Column:
    return F.concat(F.lit("country:"), F.col("country_region"))


def _lies_in_a_country() -> Column:
    """A ship that the feed lists as a country lies in none."""
    return ~F.lower("country_region").rlike(SHIP_NAMES)


def _with_ancestors(bridge: DataFrame) -> DataFrame:
    """The regions under their resolved ids and, for each, its state and its country: a hierarchy without gaps."""
    sources = ", ".join(f"'{source}'" for source in REGION_SOURCES)
    ranks = F.expr(f"array_position(array({sources}), source)")
    own = bridge.select("region_id", "level", "country_region", "province_state", "county", ranks.alias("_rank"))
    inferred_rank = F.lit(len(REGION_SOURCES) + 1).cast("bigint")
    none = F.lit(None).cast("string")
    states = own.where(F.col("level").isin(*BELOW_STATE) & F.col("province_state").isNotNull()).select(
        _state_id(), F.lit("state"), "country_region", "province_state", none, inferred_rank
    )
    countries = own.where(_lies_in_a_country()).select(
        _country_id(), F.lit("country"), "country_region", none, none, inferred_rank
    )
    return own.union(states.distinct()).union(countries.distinct())


def _best_names(regions: DataFrame) -> DataFrame:
    """One row a region, named as the best of its sources names it."""
    best = W.partitionBy("region_id").orderBy("_rank", "county", "province_state")
    return (
        regions.withColumn("_nth", F.row_number().over(best))
        .where(F.col("_nth") == 1)
        .withColumn("fips", F.when(F.col("region_id").rlike(COUNTY_OF_FIPS), F.substring_index("region_id", ":", -1)))
        .drop("_nth", "_rank")
    )


def _with_codes(regions: DataFrame) -> DataFrame:
    """ISO codes of the country; FIPS code and abbreviation of the US state. Each lookup has its key once."""
    spark = regions.sparkSession
    countries = inline_table(
        spark, ("country_region", "iso2", "iso3"), [(c.country_region, c.iso2, c.iso3) for c in COUNTRIES]
    )
    states = inline_table(
        spark,
        ("country_region", "province_state", "state_abbreviation", "_state_fips"),
        [(US, state.province_state, state.abbreviation, state.fips) for state in US_STATES],
    )
    coded = regions.join(F.broadcast(countries), "country_region", "left")
    coded = coded.join(F.broadcast(states), ["country_region", "province_state"], "left")
    is_state = F.col("level") == "state"
    return coded.withColumn("fips", F.when(is_state, F.col("_state_fips")).otherwise(F.col("fips"))).drop("_state_fips")


def _coordinates(bridge: DataFrame, frames: Frames) -> DataFrame:
    """Where a region was last reported to lie; a country's from the country table where no feed places it."""
    is_placed = F.col("latitude").isNotNull() & F.col("longitude").isNotNull()
    placed = bridge.where(is_placed).select("region_id", "last_report_date", "latitude", "longitude")
    if "country_code" in frames:
        listed = frames["country_code"].where(is_placed)
        placed = placed.union(listed.select(_country_id(), F.lit(None).cast("date"), "latitude", "longitude"))
    place = F.struct("last_report_date", "latitude", "longitude")
    return (
        placed.groupBy("region_id")
        .agg(F.max(place).alias("_place"))
        .select("region_id", "_place.latitude", "_place.longitude")
    )


def _populations(frames: Frames, bridge: DataFrame) -> DataFrame:
    """People by region: counties, the cities made of several counties, the states and the country that they sum to."""
    spark = bridge.sparkSession
    if "county_population" not in frames:
        return bridge.select("region_id", F.lit(None).cast("bigint").alias("population")).limit(0)
    counties = frames["county_population"].select("fips", "population")
    parts = inline_table(
        spark,
        ("region_id", "fips"),
        [(f"county:{US}/{state}/{name}", f) for (state, name), codes in COMPOSITE_COUNTIES.items() for f in codes],
    )
    states = inline_table(
        spark, ("region_id", "_state"), [(f"state:{US}/{state.province_state}", state.fips) for state in US_STATES]
    )
    of_states = counties.join(F.broadcast(states), F.substring("fips", 1, 2) == F.col("_state"), "inner")
    every = (
        counties.select(F.concat(F.lit("county:"), F.col("fips")).alias("region_id"), "population"),
        counties.join(F.broadcast(parts), "fips", "inner").select("region_id", "population"),
        of_states.select("region_id", "population"),
        counties.select(F.lit(f"country:{US}").alias("region_id"), "population"),
    )
    summed = reduce(DataFrame.unionByName, every).groupBy("region_id")
    return summed.agg(F.sum("population").alias("population"))


# --- the other dimensions ------------------------------------------------------------------------------------------


def dim_date(frames: Frames) -> DataFrame:
    """A gapless calendar from the facts' first day to their last."""
    keys = reduce(DataFrame.unionByName, (frames[name].select("date_key") for name in sorted(frames)))
    span = keys.agg(F.min("date_key").alias("first"), F.max("date_key").alias("last")).where("first IS NOT NULL")
    first, last = _day("first"), _day("last")
    days = span.select(F.explode(F.sequence(first, last)).alias("date"))
    iso_day = F.weekday("date") + 1
    return days.select(
        date_key("date").alias("date_key"),
        "date",
        F.year("date").alias("year"),
        F.quarter("date").alias("quarter"),
        F.month("date").alias("month"),
        F.date_format("date", "MMMM").alias("month_name"),
        F.dayofmonth("date").alias("day"),
        iso_day.alias("day_of_week"),
        F.date_format("date", "EEEE").alias("day_name"),
        F.weekofyear("date").alias("iso_week"),
        (iso_day >= 6).alias("is_weekend"),
    )


def dim_hospital(frames: Frames) -> DataFrame:
    """A hospital with the region of its county: many to one, and the unknown region where no county is known."""
    regions = frames["dim_region"].select(F.col("region_id").alias("_region_id"), "region_key")
    hospitals = frames["hospital_beds"].withColumn("_region_id", F.concat(F.lit("county:"), F.col("fips")))
    placed = hospitals.join(F.broadcast(regions), "_region_id", "left")
    key = F.xxhash64(F.concat(F.lit("hospital:"), F.col("hospital_id").cast("string")))
    return placed.withColumn("region_key", F.coalesce("region_key", F.lit(UNKNOWN_KEY))).withColumn("hospital_key", key)


# --- facts ---------------------------------------------------------------------------------------------------------


def fact_cases(frames: Frames) -> DataFrame:
    """A region, a day and a source. Reports of one region under two names on a day are added up."""
    return _case_columns(with_differences(_daily_cases(_case_reports(frames), frames["bridge_region"])))


def touched_case_months(cases: Evolution) -> DataFrame:
    """The months whose facts new, corrected and vanished reports change; too many do no harm.

    Those are the months of the reports themselves, and those of each region's next figures, for they are told as
    differences to the ones before.
    """
    changed = _changed_reports(cases).select("region_key", "source", "report_date").distinct()
    # A row for each month in which a region's reports changed: some thousands, times the months of a backfill.
    last_in_month = changed.groupBy("region_key", "source", _month("report_date").alias("_month")).agg(
        F.max(date_key("report_date")).alias("_last")
    )
    rows = cases.current.where(F.col("month") >= _first_changed_month(cases))
    later = rows.join(F.broadcast(last_in_month), ["region_key", "source"], "inner").where("date_key > _last")
    next_figures = later.groupBy("region_key", "source", "_month").agg(
        F.min("date_key").alias("_report"),
        *(F.min(F.when(F.col(name).isNotNull(), F.col("date_key"))).alias(name) for name in ("confirmed", "deaths")),
    )
    days = next_figures.select(F.explode(F.array("_report", "confirmed", "deaths")).alias("_key")).where("_key > 0")
    next_months = days.select(_month(_day("_key")).alias("month"))
    return last_in_month.select(F.col("_month").alias("month")).union(next_months).union(_months_of_moved(cases))


def fact_cases_of_months(cases: Evolution, months: Sequence[str]) -> DataFrame:
    """The facts of the months alone, each region's first difference being to its last figure before them."""
    frames = {name: _of_months(frame, months) for name, frame in cases.after.items()}
    reports = [report.where(_month("report_date").isin(*months)) for report in _case_reports(frames)]
    known = _last_figures_before(cases.current, sorted(months)).withColumn("_is_known", F.lit(True))
    daily = _daily_cases(reports, cases.after["bridge_region"]).withColumn("_is_known", F.lit(False))
    with_known = with_differences(daily.unionByName(known, allowMissingColumns=True))
    return _case_columns(with_known.where(~F.col("_is_known")))


def _of_months(frame: DataFrame, months: Sequence[str]) -> DataFrame:
    """Of a table that is partitioned by month the partitions alone; any other table whole."""
    return frame.where(F.col("month").isin(*months)) if "month" in frame.columns else frame


def _first_changed_month(cases: Evolution) -> str:
    """The first month of which a feed changed; the empty text, which is before all months, where none is known."""
    feeds = [change for name, change in cases.changed.items() if name != "bridge_region"]
    is_known = all(change.partitions for change in feeds)
    return min((month for change in feeds for month in change.partitions), default="") if is_known else ""


def _last_figures_before(facts: DataFrame, months: Sequence[str]) -> DataFrame:
    """A region, a source and one of the months: the last figures in the facts of the months between it and the one
    before it in the list. Figures of several days stand in one row, of the last day on which there was a report.
    """
    next_month = F.expr("CASE " + " ".join(f"WHEN month < '{month}' THEN '{month}'" for month in months) + " END")
    between = facts.where(~F.col("month").isin(*months) & (F.col("month") < months[-1]))
    last = between.groupBy("region_key", "source", next_month.alias("_before")).agg(
        F.max("date_key").alias("_day"),
        *(
            F.max_by(name, F.when(F.col(name).isNotNull(), F.col("date_key"))).alias(name)
            for name in ("confirmed", "deaths")
        ),
    )
    return last.withColumn("report_date", _day("_day")).drop("_day", "_before")


def _changed_reports(cases: Evolution) -> DataFrame:
    """Reports that were there before or are there after, and not both, under the region that they had or have."""
    figures = ["region_key", "source", "report_date", *CASE_MEASURES]
    sides = [
        _keyed_reports(reports, frames["bridge_region"]).select(*figures, F.lit(sign).alias("_sign"))
        for side, frames, sign in (("before", cases.before, -1), ("after", cases.after, 1))
        if (reports := _only_changed(cases, side))
    ]
    moved = _reports_of_moved_names(cases).select(*figures)
    if not sides:
        return moved
    counted = reduce(DataFrame.unionByName, sides).groupBy(*figures).agg(F.sum("_sign").alias("_more"))
    return counted.where("_more <> 0").select(*figures).unionByName(moved)


def _only_changed(cases: Evolution, side: str) -> list[DataFrame]:
    """The reports of the feeds that changed: of the daily feeds those in partitions that are not the same.

    The newspaper's two feeds are taken whole, for which of its states count depends on its counties.
    """
    whole = cases.before if side == "before" else cases.after
    frames = {name: getattr(change, side) for name, change in cases.changed.items() if name in JHU_FEEDS}
    if any(name.startswith("nytimes") for name in cases.changed):
        frames |= {name: frame for name, frame in whole.items() if name.startswith("nytimes")}
    return _case_reports(frames)


def _moved_names(cases: Evolution) -> DataFrame:
    """Names that the bridge gives another region than before, with both; there are hardly ever any."""
    names = ["source", "reported_id"]
    before = cases.before["bridge_region"].select(*names, F.col("region_key").alias("_key_before"))
    after = cases.after["bridge_region"].select(*names, F.col("region_key").alias("_key_after"))
    return before.join(after, names, "inner").where("_key_before <> _key_after")


def _reports_of_moved_names(cases: Evolution) -> DataFrame:
    """All reports of the names that moved, under the region that they had and under the one that they have."""
    moved = _moved_names(cases)
    sides = [
        _keyed_reports(
            _case_reports(frames), moved.select("source", "reported_id", F.col(key).alias("region_key")), how="inner"
        )
        for frames, key in ((cases.before, "_key_before"), (cases.after, "_key_after"))
    ]
    return reduce(DataFrame.unionByName, sides)


def _months_of_moved(cases: Evolution) -> DataFrame:
    """The months in which a region that names moved from or to has facts."""
    moved = _moved_names(cases)
    keys = moved.select(F.explode(F.array("_key_before", "_key_after")).alias("region_key")).distinct()
    return cases.current.join(F.broadcast(keys), "region_key", "left_semi").select("month")


def _keyed_reports(reports: Sequence[DataFrame], bridge: DataFrame, how: str = "left") -> DataFrame:
    keys = bridge.select(F.col("source").alias("_named_by"), "reported_id", "region_key")
    # Many reports to one bridge row: a source and a reported id are its key.
    same_name = (F.col("region_id") == F.col("reported_id")) & (F.col("_feed") == F.col("_named_by"))
    return reduce(DataFrame.unionByName, reports).join(F.broadcast(keys), same_name, how)


def _daily_cases(reports: Sequence[DataFrame], bridge: DataFrame) -> DataFrame:
    return (
        _keyed_reports(reports, bridge)
        .repartition("region_key", "source")
        .groupBy("region_key", "source", "report_date")
        .agg(*(F.sum(name).alias(name) for name in CASE_MEASURES))
    )


def _case_columns(daily: DataFrame) -> DataFrame:
    return daily.select("*", date_key("report_date").alias("date_key"), _month("report_date").alias("month"))


def _month(day: str | Column) -> Column:
    """The partition of a day, yyyy-MM."""
    return F.date_format(day, "yyyy-MM")


def _day(key: str) -> Column:
    """The day of a date key."""
    return F.to_date(F.col(key).cast("string"), "yyyyMMdd")


def with_differences(daily: DataFrame) -> DataFrame:
    """`new_confirmed`, `new_deaths` and `days_since_previous` against the region's report before, in the same source.

    A day without a figure is passed over: the next difference is to the last figure before it, so that differences
    add up to the last cumulative value less the first.
    """
    by_day = W.partitionBy("region_key", "source").orderBy("report_date")
    before = by_day.rowsBetween(W.unboundedPreceding, -1)

    def new(measure: str) -> Column:
        return F.col(measure) - F.last(measure, ignorenulls=True).over(before)

    return (
        daily.withColumn("new_confirmed", new("confirmed"))
        .withColumn("new_deaths", new("deaths"))
        .withColumn("days_since_previous", F.datediff("report_date", F.lag("report_date").over(by_day)))
    )


def _case_reports(frames: Frames) -> list[DataFrame]:
    """The feeds' reports in one shape; `_feed` is the trusted table, `source` what the fact calls it."""
    jhu = [
        frames[feed].select(
            F.lit(feed).alias("_feed"), F.lit(feed).alias("source"), "region_id", "report_date", *CASE_MEASURES
        )
        for feed in JHU_FEEDS
        if feed in frames
    ]
    return jhu + _nytimes_reports(frames)


def _nytimes_reports(frames: Frames) -> list[DataFrame]:
    """The newspaper's counties, and its states on the days on which no county of theirs is reported."""
    feeds = {feed: frames[feed] for feed in ("nytimes_us_county", "nytimes_us_states") if feed in frames}
    if len(feeds) == 2:
        covered = feeds["nytimes_us_county"].select("province_state", "report_date").distinct()
        states = feeds["nytimes_us_states"]
        feeds["nytimes_us_states"] = states.join(covered, ["province_state", "report_date"], "left_anti")
    return [
        reports.select(
            F.lit(feed).alias("_feed"),
            F.lit("nytimes").alias("source"),
            "region_id",
            "report_date",
            F.col("cases").alias("confirmed"),
            "deaths",
            F.lit(None).cast("bigint").alias("recovered"),
            F.lit(None).cast("bigint").alias("active"),
        )
        for feed, reports in feeds.items()
    ]


def fact_testing(frames: Frames) -> DataFrame:
    """A US state and a day."""
    return frames["testing_states_daily"].select(
        "*", region_key("region_id").alias("region_key"), date_key("report_date").alias("date_key")
    )


def fact_covid(frames: Frames) -> DataFrame:
    """A US state and a day: its cases and its tests, joined one to one on keys that are never null."""
    is_us_state = (F.col("level") == "state") & (F.col("country_region") == US)
    states = frames["dim_region"].where(is_us_state)
    states = states.select("region_key", "fips", "province_state", "country_region")
    sides = _state_cases(frames).join(_state_tests(frames), ["region_key", "date_key"], "full")
    return sides.join(F.broadcast(states), "region_key", "inner")


def _state_cases(frames: Frames) -> DataFrame:
    """Johns Hopkins' figures summed to states: many regions to one state, ships and the country's own rows left out.

    From the daily reports where they are in the lake, else from Enigma, for two feeds in one sum would count twice.
    """
    feed = next((feed for feed in JHU_FEEDS if feed in frames), None)
    regions = frames["dim_region"].where((F.col("country_region") == US) & F.col("state_region_key").isNotNull())
    regions = regions.select("region_key", "state_region_key")
    if feed is None or "fact_cases" not in frames:
        measures = [F.lit(None).cast("bigint").alias(name) for name in CASE_MEASURES]
        source = F.lit(None).cast("string").alias("source")
        return regions.select("region_key", F.lit(None).cast("int").alias("date_key"), source, *measures).limit(0)
    facts = frames["fact_cases"].where(F.col("source") == feed).join(F.broadcast(regions), "region_key", "inner")
    summed = facts.groupBy(F.col("state_region_key").alias("region_key"), "date_key")
    return summed.agg(*(F.sum(name).alias(name) for name in CASE_MEASURES)).withColumn("source", F.lit(feed))


def _state_tests(frames: Frames) -> DataFrame:
    if "testing_states_daily" in frames:
        return fact_testing(frames).select("region_key", "date_key", *TEST_MEASURES)
    measures = [F.lit(None).cast("bigint").alias(name) for name in TEST_MEASURES]
    return frames["dim_region"].select("region_key", F.lit(None).cast("int").alias("date_key"), *measures).limit(0)


# --- checks --------------------------------------------------------------------------------------------------------


def cases_sum_to_trusted(frames: Frames) -> DataFrame:
    """Source and date whose facts' `confirmed` is not the sum of the trusted rows'."""
    trusted = reduce(DataFrame.unionByName, _case_reports(frames)).select(
        "source", date_key("report_date").alias("date_key"), F.coalesce("confirmed", F.lit(0)).alias("n")
    )
    facts = frames["fact_cases"].select("source", "date_key", F.coalesce(-F.col("confirmed"), F.lit(0)).alias("n"))
    sums = trusted.unionByName(facts).groupBy("source", "date_key").agg(F.sum("n").alias("difference"))
    return sums.where("difference <> 0")


def differences_telescope(frames: Frames) -> DataFrame:
    """Source and region whose first figure and `new_confirmed` don't add up to the last figure."""
    day = F.when(F.col("confirmed").isNotNull(), F.col("date_key"))
    sums = (
        frames["fact_cases"]
        .groupBy("source", "region_key")
        .agg(
            F.min_by("confirmed", day).alias("first"),
            F.max_by("confirmed", day).alias("last"),
            F.sum("new_confirmed").alias("new"),
        )
    )
    return sums.where("first + coalesce(new, 0) <> last")


def covid_sums_to_cases(frames: Frames) -> DataFrame:
    """State and day whose `confirmed` is not the sum of the cases of the state's regions."""
    expected = _state_cases(frames).select("region_key", "date_key", F.col("confirmed").alias("n"))
    covid = frames["fact_covid"].select("region_key", "date_key", (-F.col("confirmed")).alias("n"))
    sums = covid.unionByName(expected).groupBy("region_key", "date_key").agg(F.sum("n").alias("difference"))
    return sums.where("difference <> 0")
