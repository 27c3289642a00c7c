CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`jhu_daily_reports` (
  `report_date` date COMMENT 'Day that the report describes',
  `region_id` string COMMENT 'Natural key of the region as this record names it',
  `region_level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state or recovered',
  `country_region` string COMMENT 'Canonical country name; a spelling in no alias table is kept as it came',
  `country_is_known` boolean COMMENT 'Whether the alias table knows the country\'s spelling',
  `iso2` string COMMENT 'ISO 3166-1 alpha-2 code of the country',
  `iso3` string COMMENT 'ISO 3166-1 alpha-3 code of the country',
  `province_state` string COMMENT 'Province or state',
  `county` string COMMENT 'US county, or the place below a province',
  `fips` string COMMENT 'US FIPS code, 2 (state) or 5 digits, as reported',
  `last_update` timestamp COMMENT 'When the entry was last changed (UTC)',
  `latitude` double COMMENT 'Degrees north',
  `longitude` double COMMENT 'Degrees east',
  `confirmed` bigint COMMENT 'Cumulative confirmed cases',
  `deaths` bigint COMMENT 'Cumulative deaths',
  `recovered` bigint COMMENT 'Cumulative recoveries',
  `active` bigint COMMENT 'Active cases as reported; negative where the source corrects itself',
  `combined_key` string COMMENT 'The place as the source joins it into one text',
  `incident_rate` double COMMENT 'Cases per 100,000 people',
  `case_fatality_ratio` double COMMENT 'Deaths per 100 cases',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A location and the day in the report\'s file name.'
PARTITIONED BY (
  `month` string COMMENT 'Month of report_date as yyyy-MM'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
