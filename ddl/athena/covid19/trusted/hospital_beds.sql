CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`hospital_beds` (
  `hospital_id` bigint COMMENT 'OBJECTID of the source',
  `hospital_name` string COMMENT 'Name',
  `hospital_type` string COMMENT 'Type of hospital',
  `address` string COMMENT 'Street address',
  `address_line_2` string COMMENT 'Second address line',
  `city` string COMMENT 'City',
  `state` string COMMENT 'Postal abbreviation of the state',
  `zip_code` string COMMENT 'ZIP code of 5 digits',
  `county` string COMMENT 'County',
  `province_state` string COMMENT 'State',
  `state_fips` string COMMENT 'FIPS code of the state, 2 digits',
  `county_fips` string COMMENT 'FIPS code of the county within its state, 3 digits',
  `fips` string COMMENT 'FIPS code of the county, 5 digits',
  `licensed_beds` bigint COMMENT 'Licensed beds',
  `staffed_beds` bigint COMMENT 'Staffed beds',
  `icu_beds` bigint COMMENT 'Intensive-care beds',
  `adult_icu_beds` bigint COMMENT 'Intensive-care beds for adults',
  `pediatric_icu_beds` bigint COMMENT 'Intensive-care beds for children',
  `bed_utilization` double COMMENT 'Share of the beds in use, 0 to 1',
  `avg_ventilator_usage` double COMMENT 'Ventilators in use on average',
  `potential_increase_in_bed_capacity` bigint COMMENT 'Licensed less staffed beds',
  `latitude` double COMMENT 'Degrees north',
  `longitude` double COMMENT 'Degrees east',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A US hospital.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
