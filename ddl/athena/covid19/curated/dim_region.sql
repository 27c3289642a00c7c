CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`dim_region` (
  `region_key` bigint COMMENT 'xxhash64 of region_id; 0 is unknown',
  `region_id` string COMMENT 'Natural key, such as county:01001 or state:US/Alabama',
  `level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state, recovered or unknown',
  `country_region` string COMMENT 'Canonical country name',
  `iso2` string COMMENT 'ISO 3166-1 alpha-2 code of the country',
  `iso3` string COMMENT 'ISO 3166-1 alpha-3 code of the country',
  `province_state` string COMMENT 'Province or state',
  `state_abbreviation` string COMMENT 'Postal abbreviation of the US state',
  `county` string COMMENT 'County, or the place below a province',
  `fips` string COMMENT 'US FIPS code, 2 digits for a state and 5 for a county',
  `latitude` double COMMENT 'Degrees north',
  `longitude` double COMMENT 'Degrees east',
  `population` bigint COMMENT 'People in 2018; a state\'s and the country\'s is the sum of its counties',
  `state_region_key` bigint COMMENT 'Region of the state that this one lies in, itself for a state',
  `country_region_key` bigint COMMENT 'Region of the country that this one lies in, itself for a country'
)
COMMENT 'A region over all sources, its state and its country among them; key 0 is the unknown region.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
