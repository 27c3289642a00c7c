CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`county_population` (
  `geo_id` string COMMENT 'Census geography identifier',
  `fips` string COMMENT 'FIPS code of the county, 5 digits',
  `region_id` string COMMENT 'Natural key of the region as this record names it',
  `region_level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state or recovered',
  `county` string COMMENT 'County',
  `province_state` string COMMENT 'State or territory',
  `population` bigint COMMENT 'People on 1 July 2018',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A US county.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
