CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`nytimes_us_states` (
  `report_date` date COMMENT 'Day of the report',
  `region_id` string COMMENT 'Natural key of the region as this record names it',
  `region_level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state or recovered',
  `province_state` string COMMENT 'State or territory',
  `fips` string COMMENT 'US FIPS code of 2 digits',
  `cases` bigint COMMENT 'Cumulative cases, confirmed and probable',
  `deaths` bigint COMMENT 'Cumulative deaths',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A US state or territory and a day.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
