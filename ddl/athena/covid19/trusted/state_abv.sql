CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`state_abv` (
  `abbreviation` string COMMENT 'Postal abbreviation',
  `province_state` string COMMENT 'Name of the state',
  `region_id` string COMMENT 'Natural key of the region as this record names it',
  `region_level` string COMMENT 'country, state, county, facility, ship, unassigned, out_of_state or recovered',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A US state.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
