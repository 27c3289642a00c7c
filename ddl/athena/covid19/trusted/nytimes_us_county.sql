CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`nytimes_us_county` (
  `report_date` date COMMENT 'Day of the report',
  `region_id` string COMMENT 'Natural key of the region as this record names it',
  `region_level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state or recovered',
  `county` string COMMENT 'County; Unknown where the state does not say',
  `province_state` string COMMENT 'State or territory',
  `fips` string COMMENT 'US FIPS code; New York City and Kansas City have none',
  `cases` bigint COMMENT 'Cumulative cases, confirmed and probable',
  `deaths` bigint COMMENT 'Cumulative deaths',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A US county, or a city that the newspaper reports as one, and a day.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
