"""What the peers know of the star before they read any file: the order of its sources, its measures, small tables."""

from __future__ import annotations

from feeds import (
    COUNTY_POPULATION,
    ENIGMA_JHU,
    HOSPITAL_BEDS,
    JHU_DAILY_REPORTS,
    NYTIMES_US_COUNTY,
    NYTIMES_US_STATES,
    STATE_ABV,
    TESTING_STATES_DAILY,
)
from naming import US

from covid_lake.datasets.covid19 import places as names

# Where several sources name a region, the first of these gives it its name.
REGION_SOURCES = (
    *(COUNTY_POPULATION, JHU_DAILY_REPORTS, ENIGMA_JHU, NYTIMES_US_COUNTY, NYTIMES_US_STATES),
    *(TESTING_STATES_DAILY, HOSPITAL_BEDS, STATE_ABV),
)
INFERRED = len(REGION_SOURCES)
BELOW_STATE = ("county", "facility", "unassigned", "out_of_state")
SHIPS = "princess|zaandam|cruise ship"
COUNTY_OF_FIPS = "county:[0-9]{5}"

TESTING_MEASURES = (
    *("positive", "negative", "pending", "total_test_results", "hospitalized_currently", "hospitalized_cumulative"),
    *("hospitalized_discharged", "in_icu_currently", "in_icu_cumulative", "on_ventilator_currently"),
    *("on_ventilator_cumulative", "recovered", "deaths", "positive_increase", "negative_increase"),
    *("total_test_results_increase", "deaths_increase", "hospitalized_increase"),
)
COVID_TESTS = ("positive", "negative", "hospitalized_currently", "hospitalized", "hospitalized_discharged")
HOSPITAL_COLUMNS = (
    *("hospital_id", "hospital_name", "hospital_type", "address", "city", "state", "zip_code", "fips"),
    *("licensed_beds", "staffed_beds", "icu_beds", "adult_icu_beds", "pediatric_icu_beds", "bed_utilization"),
    *("avg_ventilator_usage", "potential_increase_in_bed_capacity", "latitude", "longitude"),
)
REGION_COLUMNS = (
    *("region_key", "region_id", "level", "country_region", "iso2", "iso3", "province_state", "state_abbreviation"),
    *("county", "fips", "latitude", "longitude", "population", "state_region_key", "country_region_key"),
)

COUNTRIES = {
    "country_region": [country.country_region for country in names.COUNTRIES],
    "iso2": [country.iso2 or None for country in names.COUNTRIES],
    "iso3": [country.iso3 or None for country in names.COUNTRIES],
}
STATES = {
    "country_region": [US for _ in names.US_STATES],
    "province_state": [state.province_state for state in names.US_STATES],
    "state_abbreviation": [state.abbreviation for state in names.US_STATES],
    "state_fips": [state.fips for state in names.US_STATES],
}
_PARTS = [
    (f"county:{US}/{state}/{county}", code) for (state, county), codes in names.COMPOSITE_COUNTIES.items()
    for code in codes
]  # fmt: skip
COMPOSITE_PARTS = {"composite_id": [region for region, _ in _PARTS], "fips": [code for _, code in _PARTS]}
