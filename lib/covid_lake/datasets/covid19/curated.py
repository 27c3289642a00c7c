"""The star: every fact has one grain, every join states its cardinality, and no row pairs a null key with anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as W
from pyspark.sql import functions as F

from covid_lake.datasets.covid19.places import COMPOSITE_COUNTIES, COUNTRIES, US_STATES
from covid_lake.datasets.covid19.regions import SHIP_NAMES, US, folded, with_region_id
from covid_lake.datasets.covid19.sql import sql
from covid_lake.flows import Change, Evolution
from covid_lake.transforms.columns import checked_difference, checked_sum
from covid_lake.transforms.frames import inline_table

Frames = Mapping[str, DataFrame]

UNKNOWN_KEY = 0
# After all months that there are.
LAST_MONTH = "9999-12"
# Beyond these, digits are what is left of sums of binary fractions.
COORDINATE_DECIMALS = 10
JHU_FEEDS = ("jhu_daily_reports", "enigma_jhu")
# What fact_cases calls the source of each feed.
SOURCES = {
    "jhu_daily_reports": "jhu_daily_reports",
    "enigma_jhu": "enigma_jhu",
    "nytimes_us_county": "nytimes",
    "nytimes_us_states": "nytimes",
}
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
NAME_PARTS = ("level", "country_region", "province_state", "county", "fips")
BELOW_STATE = ("county", "facility", "unassigned", "out_of_state")
COUNTY_OF_FIPS = r"^county:[0-9]{5}\z"
CASE_MEASURES = ("confirmed", "deaths", "recovered", "active")
TEST_MEASURES = ("positive", "negative", "hospitalized_currently", "hospitalized", "hospitalized_discharged")


def region_key(region_id: str) -> Column:
    """The surrogate key of a region: the same on every engine and in every session."""
    return F.xxhash64(F.col(region_id))


def _trusted(feed: str) -> str:
    """The id of the trusted table of a feed."""
    return f"trusted.{feed}"


def _name(table_id: str) -> str:
    return table_id.partition(".")[2]


def _by_name(changed: Mapping[str, Change]) -> dict[str, Change]:
    """The changes by table name instead of table id; facts and bridge name their sources so."""
    return {_name(table): change for table, change in changed.items()}


def date_key(day: str) -> Column:
    """The day as yyyymmdd."""
    return F.year(day) * 10000 + F.month(day) * 100 + F.dayofmonth(day)


# --- regions -------------------------------------------------------------------------------------------------------


def region_names(frames: Frames) -> DataFrame:
    """One row a spelling of a region by a source, and a month for sources that are partitioned by month."""
    return reduce(
        DataFrame.unionByName,
        (_names_in(name, frames[_trusted(name)]) for name in REGION_SOURCES if _trusted(name) in frames),
    )


def touched_names(names: Evolution) -> list[dict[str, str]]:
    """The parts of the sources that changed: months, or the whole of a source that is not kept by month."""
    return [
        {"part": f"{source}-{month}" if month else source, "source": source, "month": month}
        for source, change in _by_name(names.changed).items()
        for month in change.partitions or (() if change.shared else ("",))
    ]


def names_of(names: Evolution, touched: Sequence[Mapping[str, str]]) -> DataFrame:
    """The rows of `region_names` in these months or sources only."""
    months: dict[str, list[str]] = {}
    for part in touched:
        months.setdefault(part["source"], []).extend([part["month"]] if part["month"] else [])
    return reduce(
        DataFrame.unionByName,
        (_names_in(source, _of_months(names.inputs[_trusted(source)], its)) for source, its in months.items()),
    )


def bridge_region(frames: Frames) -> DataFrame:
    """A region as one source names it, with the region that it is over all sources.

    A county that one source only names and another gives its FIPS code is one region: they are matched on state and
    folded name. A name that stands for several codes is no match.
    """
    named = _one_name_a_source(frames["curated.region_names"])
    is_us_county = (F.col("level") == "county") & (F.col("country_region") == US)
    has_code = F.col("reported_id").rlike(COUNTY_OF_FIPS)
    same_name = W.partitionBy("province_state", folded("county"), is_us_county)
    coded_id = F.when(is_us_county & has_code, F.col("reported_id"))
    first, last = F.min(coded_id).over(same_name), F.max(coded_id).over(same_name)
    is_nameless = F.col("province_state").isNull() | F.col("county").isNull() | _is_composite()
    resolves = is_us_county & ~has_code & ~is_nameless & (first == last)
    resolved = named.withColumn("region_id", F.when(resolves, first).otherwise(F.col("reported_id")))
    return resolved.withColumn("region_key", region_key("region_id"))


def dim_region(frames: Frames) -> DataFrame:
    """One row a region over all sources, its state and country among them, and the unknown member."""
    bridge = frames["curated.bridge_region"]
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


def _names_in(source: str, table: DataFrame) -> DataFrame:
    """Every spelling of a region by a source, with the last day and coordinates reported under it."""
    places = _hospital_counties(table) if source == "hospital_beds" else table
    none = F.lit(None).cast("string")
    county, fips = (F.col(name) if name in places.columns else none for name in ("county", "fips"))
    if source == "testing_states_daily":
        county = none
    country = F.col("country_region") if "country_region" in places.columns else F.lit(US)
    is_reported = "report_date" in places.columns
    day = F.col("report_date") if is_reported else F.lit(None).cast("date")
    is_placed = is_reported and "latitude" in places.columns
    latitude, longitude = (
        F.col(name) if is_placed else F.lit(None).cast("double") for name in ("latitude", "longitude")
    )
    # (0, 0) is how the feeds write that they have no coordinates.
    placed_day = F.when((latitude != 0) | (longitude != 0), day)
    by_month = "month" in places.columns
    part = F.concat(F.lit(f"{source}-"), F.col("month")) if by_month else F.lit(source)
    names = {
        "source": F.lit(source),
        "reported_id": F.col("region_id"),
        "level": F.col("region_level"),
        "country_region": country,
        "province_state": F.col("province_state"),
        "county": county,
        "fips": fips,
        "part": part,
    }
    found = places.groupBy(*(column.alias(name) for name, column in names.items())).agg(
        F.max(day).alias("last_report_date"),
        F.max(placed_day).alias("placed_date"),
        # The feed writes a place with other last digits from day to day: 49.8175 and 49.817499999999995.
        _rounded(F.max_by(latitude, placed_day)).alias("latitude"),
        _rounded(F.max_by(longitude, placed_day)).alias("longitude"),
    )
    # A blank for null, so that the parts of a name keep their places in the hash.
    spelled = [F.coalesce(F.col(name), F.lit("")) for name in NAME_PARTS]
    return found.withColumn("name_hash", F.xxhash64(*spelled))


def _rounded(degrees: Column) -> Column:
    """The degrees at ten decimals. By way of a whole number: each engine's `round` has its own idea of what is half."""
    return F.floor(degrees * 10.0**COORDINATE_DECIMALS + 0.5) / 10.0**COORDINATE_DECIMALS


def _one_name_a_source(names: DataFrame) -> DataFrame:
    """The name that a source used last, and the coordinates that it gave last.

    The day of it is left out: it would make new rows of most regions, and of all that stands on them, each day.
    """
    # The same few thousand names stand in each month.
    written = names.groupBy("source", "reported_id", "name_hash", *NAME_PARTS).agg(
        F.max("last_report_date").alias("last_report_date"),
        F.max("placed_date").alias("placed_date"),
        *(F.max_by(name, "placed_date").alias(name) for name in ("latitude", "longitude")),
    )
    region = W.partitionBy("source", "reported_id")
    latest = region.orderBy(F.col("last_report_date").desc_nulls_last(), "county", "province_state", "fips")
    return (
        written.withColumn("_nth", F.row_number().over(latest))
        .withColumn("latitude", F.max_by("latitude", "placed_date").over(region))
        .withColumn("longitude", F.max_by("longitude", "placed_date").over(region))
        .where(F.col("_nth") == 1)
        .drop("_nth", "placed_date", "last_report_date")
    )


def _hospital_counties(hospitals: DataFrame) -> DataFrame:
    """The county that a hospital lies in, where its code is known."""
    counties = hospitals.withColumn("country_region", F.lit(US)).withColumn("region_level", F.lit("county"))
    return with_region_id(counties).where(F.col("region_id").rlike(COUNTY_OF_FIPS))


def _is_composite() -> Column:
    composites = [f"{state}/{county}" for state, county in COMPOSITE_COUNTIES]
    return F.concat_ws("/", "province_state", "county").isin(*composites)


def _state_id() -> Column:
    return F.when(
        F.col("province_state").isNotNull(),
        F.concat(F.lit("state:"), F.concat_ws("/", "country_region", "province_state")),
    )


def _country_id() -> Column:
    return F.concat(F.lit("country:"), F.col("country_region"))


def _lies_in_a_country() -> Column:
    """False for ships that the feed lists as countries."""
    return ~F.lower("country_region").rlike(SHIP_NAMES)


def _source_rank() -> Column:
    """The place of `source` among the sources, 1 for the best."""
    sources = ", ".join(f"'{source}'" for source in REGION_SOURCES)
    return F.expr(f"array_position(array({sources}), source)")


def _with_ancestors(bridge: DataFrame) -> DataFrame:
    """The regions under their resolved ids and, for each, its state and its country: a hierarchy without gaps."""
    names = ("region_id", "level", "country_region", "province_state", "county")
    own = bridge.select(*names, _source_rank().alias("_rank"))
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
    """Where the best of its sources places a region, under the region's own id rather than under another; a country's
    from the country table where no feed places it.
    """
    is_placed = F.col("latitude").isNotNull() & F.col("longitude").isNotNull()
    order = [(-_source_rank()).alias("_source"), (F.col("reported_id") == F.col("region_id")).alias("_is_own")]
    placed = bridge.where(is_placed).select("region_id", *order, "latitude", "longitude")
    if "trusted.country_code" in frames:
        listed = frames["trusted.country_code"].where(is_placed)
        # After all sources. Engines order a null in a struct in different ways.
        last = [F.lit(-len(REGION_SOURCES) - 1).cast("bigint"), F.lit(False)]
        placed = placed.union(listed.select(_country_id(), *last, "latitude", "longitude"))
    place = F.struct("_source", "_is_own", "latitude", "longitude")
    return (
        placed.groupBy("region_id")
        .agg(F.max(place).alias("_place"))
        .select("region_id", "_place.latitude", "_place.longitude")
    )


def _populations(frames: Frames, bridge: DataFrame) -> DataFrame:
    """People by region: counties, the cities made of several counties, the states and the country that they sum to."""
    spark = bridge.sparkSession
    if "trusted.county_population" not in frames:
        return bridge.select("region_id", F.lit(None).cast("bigint").alias("population")).limit(0)
    counties = frames["trusted.county_population"].select("fips", "population")
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
    return summed.agg(checked_sum("population").alias("population"))


# --- the other dimensions ------------------------------------------------------------------------------------------


def dim_date(frames: Frames) -> DataFrame:
    """A gapless calendar from the facts' first day to their last."""
    keys = reduce(DataFrame.unionByName, (frames[name].select("date_key") for name in sorted(frames)))
    span = keys.agg(F.min("date_key").alias("first"), F.max("date_key").alias("last")).where("first IS NOT NULL")
    first, last = _day("first"), _day("last")
    days = span.select(F.explode(F.sequence(first, last)).alias("date"))
    # Counted from Sunday's 1; not every engine has `weekday`.
    iso_day = (F.dayofweek("date") + 5) % 7 + 1
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
    regions = frames["curated.dim_region"].select(F.col("region_id").alias("_region_id"), "region_key")
    hospitals = frames["trusted.hospital_beds"].withColumn("_region_id", F.concat(F.lit("county:"), F.col("fips")))
    placed = hospitals.join(F.broadcast(regions), "_region_id", "left")
    key = F.xxhash64(F.concat(F.lit("hospital:"), F.col("hospital_id").cast("string")))
    return placed.withColumn("region_key", F.coalesce("region_key", F.lit(UNKNOWN_KEY))).withColumn("hospital_key", key)


# --- facts ---------------------------------------------------------------------------------------------------------


def fact_cases(frames: Frames) -> DataFrame:
    """A region, a day and a source. Reports of one region under two names on a day are added up."""
    return _case_columns(with_differences(_daily_cases(_case_reports(frames), frames["curated.bridge_region"])))


def added_cases(cases: Evolution) -> DataFrame | None:
    """The facts of new days; None where anything else may have changed."""
    changed = _by_name(cases.changed)
    feeds = {name: change.added for name, change in changed.items() if name in JHU_FEEDS and change.only_grew}
    if not feeds or feeds.keys() != changed.keys():
        return None
    facts = cases.current.where(F.col("source").isin(*(SOURCES[name] for name in feeds)))
    added = {_trusted(name): rows for name, rows in feeds.items()}
    return _facts_after(facts, [LAST_MONTH], _case_reports(added), cases.inputs["curated.bridge_region"])


def touched_cases(cases: Evolution) -> list[dict[str, str]]:
    """The months and sources whose facts new, corrected and vanished reports change; too many do no harm.

    Those are the months of the reports themselves, and those of each region's next figures, for they are told as
    differences to the ones before. A feed of which only the last months changed has no next figures.
    """
    changed = _by_name(cases.changed)
    feeds = {name: change for name, change in changed.items() if name in SOURCES}
    found = [{"month": month, "source": SOURCES[name]} for name, change in feeds.items() for month in change.partitions]
    others = {name: its for name, its in changed.items() if name not in SOURCES or not its.is_at_the_end}
    if others.keys() & SOURCES.keys():
        is_news_changed = any(SOURCES.get(name) == "nytimes" for name in others)
        first_month = _first_changed_month(others)
        question = sql("touched", "months_of_changed_reports")
        found += cases.asked.rows(question, is_news_changed=is_news_changed, first_month=first_month)
    if "bridge_region" in others:
        found += cases.asked.rows(sql("touched", "months_of_moved_names"))
    return found


def cases_of(cases: Evolution, touched: Sequence[Mapping[str, str]]) -> DataFrame:
    """The facts of the named months. Those of the sources that are named with the months are built anew.

    Each region's first difference is to its last figure before the month.
    """
    months = sorted({row["month"] for row in touched})
    named = [row.get("source") for row in touched]
    sources = set(SOURCES.values()) if None in named else set(named)
    feeds = [table for table in cases.inputs if SOURCES.get(_name(table)) in sources]
    frames = {table: _of_months(cases.inputs[table], months) for table in feeds}
    first, last = F.lit(f"{months[0]}-01").cast("date"), F.last_day(F.lit(f"{months[-1]}-01").cast("date"))
    in_months = F.col("report_date").between(first, last) & _month("report_date").isin(*months)
    is_built = F.col("source").isin(*sources)
    kept = cases.current.where(F.col("month").isin(*months) & ~is_built)
    reports = [report.where(in_months) for report in _case_reports(frames)]
    if not reports:
        return kept
    built = _facts_after(cases.current.where(is_built), months, reports, cases.inputs["curated.bridge_region"])
    return built.select(*kept.columns).unionByName(kept)


def _facts_after(facts: DataFrame, months: Sequence[str], reports: Sequence[DataFrame], bridge: DataFrame) -> DataFrame:
    """The facts of reports from these months on, with differences to the last facts before."""
    known = _last_figures_before(facts, months).withColumn("_is_known", F.lit(True))
    daily = _daily_cases(reports, bridge).withColumn("_is_known", F.lit(False))
    with_known = with_differences(daily.unionByName(known, allowMissingColumns=True))
    return _case_columns(with_known.where(~F.col("_is_known")))


def _of_months(frame: DataFrame, months: Sequence[str]) -> DataFrame:
    """Only these months of a table that is partitioned by month; a table without months is returned whole."""
    return frame.where(F.col("month").isin(*months)) if months and "month" in frame.columns else frame


def _first_changed_month(changed: Mapping[str, Change]) -> str:
    """The first month of which a feed changed; the empty text, which is before all months, where none is known."""
    feeds = [change for name, change in changed.items() if name != "bridge_region"]
    is_known = all(change.partitions for change in feeds)
    return min((month for change in feeds for month in change.partitions), default="") if is_known else ""


def _last_figures_before(facts: DataFrame, months: Sequence[str]) -> DataFrame:
    """One row a region, source and month of the list: the last figures before the month, and after the month before it
    in the list. The row's day is that of the last report; its figures may come from earlier days.
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


def _with_region_keys(reports: DataFrame, bridge: DataFrame, how: str = "left") -> DataFrame:
    keys = bridge.select(F.col("source").alias("_named_by"), "reported_id", "region_key")
    # Many reports to one bridge row: a source and a reported id are its key.
    same_name = (F.col("region_id") == F.col("reported_id")) & (F.col("_feed") == F.col("_named_by"))
    return reports.join(F.broadcast(keys), same_name, how)


def _daily_cases(reports: Sequence[DataFrame], bridge: DataFrame) -> DataFrame:
    # By region alone: where one feed is built its source is a constant, which Spark leaves out of what it groups by but
    # not out of what it shuffles by, and so would shuffle twice more.
    return (
        _with_region_keys(reduce(DataFrame.unionByName, reports), bridge)
        .repartition("region_key")
        .groupBy("region_key", "source", "report_date")
        .agg(*(checked_sum(name).alias(name) for name in CASE_MEASURES))
    )


def _case_columns(daily: DataFrame) -> DataFrame:
    return daily.select("*", date_key("report_date").alias("date_key"), _month("report_date").alias("month"))


def _month(day: str | Column) -> Column:
    """The partition of a day, yyyy-MM."""
    return F.substring((F.col(day) if isinstance(day, str) else day).cast("string"), 1, 7)


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
    previous = {f"_previous_{name}": F.last(name, ignorenulls=True).over(before) for name in ("confirmed", "deaths")}
    days = F.datediff("report_date", F.lag("report_date").over(by_day)).cast("int")
    return (
        daily.withColumns({**previous, "days_since_previous": days})
        .withColumns({f"new_{name}": checked_difference(name, f"_previous_{name}") for name in ("confirmed", "deaths")})
        .drop(*previous)
    )


def _case_reports(frames: Frames) -> list[DataFrame]:
    """The feeds' reports in one shape; `_feed` is the trusted table, `source` what the fact calls it."""
    jhu = [
        frames[_trusted(feed)].select(
            F.lit(feed).alias("_feed"), F.lit(feed).alias("source"), "region_id", "report_date", *CASE_MEASURES
        )
        for feed in JHU_FEEDS
        if _trusted(feed) in frames
    ]
    return jhu + _nytimes_reports(frames)


def _nytimes_reports(frames: Frames) -> list[DataFrame]:
    """The newspaper's counties, and its states on the days on which no county of theirs is reported."""
    news = ("nytimes_us_county", "nytimes_us_states")
    feeds = {feed: frames[_trusted(feed)] for feed in news if _trusted(feed) in frames}
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
    return frames["trusted.testing_states_daily"].select(
        "*", region_key("region_id").alias("region_key"), date_key("report_date").alias("date_key")
    )


def fact_covid(frames: Frames) -> DataFrame:
    """A US state and a day: its cases and its tests, joined one to one on keys that are never null."""
    is_us_state = (F.col("level") == "state") & (F.col("country_region") == US)
    states = frames["curated.dim_region"].where(is_us_state)
    states = states.select("region_key", "fips", "province_state", "country_region")
    sides = _state_cases(frames).join(_state_tests(frames), ["region_key", "date_key"], "full")
    month = _month(_day("date_key")).alias("month")
    return sides.join(F.broadcast(states), "region_key", "inner").select("*", month)


def touched_covid(covid: Evolution) -> list[dict[str, str]]:
    """The months of the cases and the tests that changed; all months where the states themselves did."""
    found = [{"month": month} for month in _changed_case_months(covid)]
    if "trusted.testing_states_daily" in covid.changed:
        found += covid.asked.rows(sql("touched", "months_of_changed_tests"))
    if "curated.dim_region" in covid.changed:
        found += covid.asked.rows(
            "SELECT month FROM curated.fact_covid UNION SELECT month FROM after_curated.fact_cases"
        )
    return found


def covid_of(covid: Evolution, touched: Sequence[Mapping[str, str]]) -> DataFrame:
    """The facts of the named months."""
    months = sorted({row["month"] for row in touched})
    frames = {name: _of_months(frame, months) for name, frame in covid.inputs.items()}
    return fact_covid(frames).where(F.col("month").isin(*months))


def _changed_case_months(covid: Evolution) -> tuple[str, ...]:
    return covid.changed["curated.fact_cases"].partitions if "curated.fact_cases" in covid.changed else ()


def _state_cases(frames: Frames) -> DataFrame:
    """Johns Hopkins' figures summed to states: many regions to one state, ships and the country's own rows left out.

    From the daily reports where they are in the lake, else from Enigma, for two feeds in one sum would count twice.
    """
    feed = next((feed for feed in JHU_FEEDS if _trusted(feed) in frames), None)
    regions = frames["curated.dim_region"].where(
        (F.col("country_region") == US) & F.col("state_region_key").isNotNull()
    )
    regions = regions.select("region_key", "state_region_key")
    if feed is None or "curated.fact_cases" not in frames:
        measures = [F.lit(None).cast("bigint").alias(name) for name in CASE_MEASURES]
        source = F.lit(None).cast("string").alias("source")
        return regions.select("region_key", F.lit(None).cast("int").alias("date_key"), source, *measures).limit(0)
    facts = (
        frames["curated.fact_cases"].where(F.col("source") == feed).join(F.broadcast(regions), "region_key", "inner")
    )
    summed = facts.groupBy(F.col("state_region_key").alias("region_key"), "date_key")
    return summed.agg(*(checked_sum(name).alias(name) for name in CASE_MEASURES)).withColumn("source", F.lit(feed))


def _state_tests(frames: Frames) -> DataFrame:
    if "trusted.testing_states_daily" in frames:
        return fact_testing(frames).select("region_key", "date_key", *TEST_MEASURES)
    measures = [F.lit(None).cast("bigint").alias(name) for name in TEST_MEASURES]
    return (
        frames["curated.dim_region"].select("region_key", F.lit(None).cast("int").alias("date_key"), *measures).limit(0)
    )
