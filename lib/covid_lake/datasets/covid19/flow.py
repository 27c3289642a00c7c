"""The steps of the COVID-19 lake: what each table is built from, and what must hold before it is published."""

from __future__ import annotations

from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19 import curated, trusted
from covid_lake.datasets.covid19.sql import sql
from covid_lake.flows import Flow, PartialBuild, Step, TableCheck, from_landing

CASE_FEEDS = (c.JHU_DAILY_REPORTS, c.ENIGMA_JHU, c.NYTIMES_US_COUNTY, c.NYTIMES_US_STATES)
REGION_SOURCES = (*CASE_FEEDS, c.TESTING_STATES_DAILY, c.HOSPITAL_BEDS, c.COUNTY_POPULATION, c.STATE_ABV)


def _check(name: str) -> TableCheck:
    return TableCheck(name, sql("checks", name))


FLOW = Flow(
    c.COVID19,
    (
        from_landing(c.JHU_DAILY_REPORTS, trusted.jhu_daily_reports),
        from_landing(c.ENIGMA_JHU, trusted.enigma_jhu),
        from_landing(c.NYTIMES_US_COUNTY, trusted.nytimes_us_county),
        from_landing(c.NYTIMES_US_STATES, trusted.nytimes_us_states),
        from_landing(c.TESTING_STATES_DAILY, trusted.testing_states_daily),
        from_landing(c.TESTING_US_DAILY, trusted.as_delivered),
        from_landing(c.TESTING_US_TOTAL_LATEST, trusted.as_delivered),
        from_landing(c.HOSPITAL_BEDS, trusted.hospital_beds),
        from_landing(c.COUNTRY_CODE, trusted.country_code),
        from_landing(c.COUNTY_POPULATION, trusted.county_population),
        from_landing(c.STATE_ABV, trusted.state_abv),
        Step(
            c.REGION_NAMES,
            curated.region_names,
            requires=(REGION_SOURCES,),
            partial=PartialBuild(curated.touched_names, curated.names_of),
        ),
        Step(
            c.BRIDGE_REGION,
            curated.bridge_region,
            requires=((c.REGION_NAMES,),),
            differs=sql("differs", "bridge_region"),
        ),
        Step(
            c.DIM_REGION,
            curated.dim_region,
            requires=((c.BRIDGE_REGION,),),
            uses=(c.COUNTY_POPULATION, c.COUNTRY_CODE),
        ),
        Step(c.DIM_HOSPITAL, curated.dim_hospital, requires=((c.DIM_REGION,), (c.HOSPITAL_BEDS,))),
        Step(
            c.FACT_CASES,
            curated.fact_cases,
            requires=((c.BRIDGE_REGION,), CASE_FEEDS),
            partial=PartialBuild(curated.touched_cases, curated.cases_of, curated.added_cases),
            checks=(
                _check("figures_sum_to_trusted"),
                _check("new_confirmed_telescopes"),
            ),
        ),
        Step(c.FACT_TESTING, curated.fact_testing, requires=((c.DIM_REGION,), (c.TESTING_STATES_DAILY,))),
        Step(
            c.FACT_COVID,
            curated.fact_covid,
            requires=((c.DIM_REGION,), (c.FACT_CASES, c.TESTING_STATES_DAILY)),
            # Only the presence of a feed matters to fact_covid: its figures come from fact_cases.
            uses=(c.JHU_DAILY_REPORTS, c.ENIGMA_JHU),
            partial=PartialBuild(curated.touched_covid, curated.covid_of),
            checks=(_check("confirmed_sums_to_fact_cases"),),
        ),
        Step(
            c.DIM_DATE,
            curated.dim_date,
            requires=((c.FACT_CASES, c.FACT_TESTING, c.FACT_COVID),),
            differs=sql("differs", "dim_date"),
        ),
    ),
)
