"""The steps of the COVID-19 lake: what each table is built from, and what must hold before it is published."""

from __future__ import annotations

from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19 import curated, trusted
from covid_lake.datasets.covid19.sql import sql
from covid_lake.flows import Build, Flow, PartialBuild, Promotion, TableCheck

CASE_FEEDS = (c.JHU_DAILY_REPORTS, c.ENIGMA_JHU, c.NYTIMES_US_COUNTY, c.NYTIMES_US_STATES)
REGION_SOURCES = (*CASE_FEEDS, c.TESTING_STATES_DAILY, c.HOSPITAL_BEDS, c.COUNTY_POPULATION, c.STATE_ABV)


def _check(name: str) -> TableCheck:
    return TableCheck(name, sql("checks", name))


FLOW = Flow(
    c.COVID19,
    promotions=(
        Promotion(c.JHU_DAILY_REPORTS, trusted.jhu_daily_reports),
        Promotion(c.ENIGMA_JHU, trusted.enigma_jhu),
        Promotion(c.NYTIMES_US_COUNTY, trusted.nytimes_us_county),
        Promotion(c.NYTIMES_US_STATES, trusted.nytimes_us_states),
        Promotion(c.TESTING_STATES_DAILY, trusted.testing_states_daily),
        Promotion(c.TESTING_US_DAILY, trusted.as_delivered),
        Promotion(c.TESTING_US_TOTAL_LATEST, trusted.as_delivered),
        Promotion(c.HOSPITAL_BEDS, trusted.hospital_beds),
        Promotion(c.COUNTRY_CODE, trusted.country_code),
        Promotion(c.COUNTY_POPULATION, trusted.county_population),
        Promotion(c.STATE_ABV, trusted.state_abv),
    ),
    builds=(
        Build(
            c.REGION_NAMES,
            requires=(REGION_SOURCES,),
            build=curated.region_names,
            partial=PartialBuild(curated.touched_names, curated.names_of),
        ),
        Build(
            c.BRIDGE_REGION,
            requires=((c.REGION_NAMES,),),
            build=curated.bridge_region,
            differs=sql("differs", "bridge_region"),
        ),
        Build(
            c.DIM_REGION,
            requires=((c.BRIDGE_REGION,),),
            uses=(c.COUNTY_POPULATION, c.COUNTRY_CODE),
            build=curated.dim_region,
        ),
        Build(c.DIM_HOSPITAL, requires=((c.DIM_REGION,), (c.HOSPITAL_BEDS,)), build=curated.dim_hospital),
        Build(
            c.FACT_CASES,
            requires=((c.BRIDGE_REGION,), CASE_FEEDS),
            build=curated.fact_cases,
            partial=PartialBuild(curated.touched_cases, curated.cases_of, curated.added_cases),
            checks=(
                _check("figures_sum_to_trusted"),
                _check("new_confirmed_telescopes"),
            ),
        ),
        Build(c.FACT_TESTING, requires=((c.DIM_REGION,), (c.TESTING_STATES_DAILY,)), build=curated.fact_testing),
        Build(
            c.FACT_COVID,
            requires=((c.DIM_REGION,), (c.FACT_CASES, c.TESTING_STATES_DAILY)),
            # Only the presence of a feed matters to fact_covid: its figures come from fact_cases.
            uses=(c.JHU_DAILY_REPORTS, c.ENIGMA_JHU),
            build=curated.fact_covid,
            partial=PartialBuild(curated.touched_covid, curated.covid_of),
            checks=(_check("confirmed_sums_to_fact_cases"),),
        ),
        Build(
            c.DIM_DATE,
            requires=((c.FACT_CASES, c.FACT_TESTING, c.FACT_COVID),),
            build=curated.dim_date,
            differs=sql("differs", "dim_date"),
        ),
    ),
)
