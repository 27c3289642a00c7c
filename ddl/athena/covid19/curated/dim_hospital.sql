CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`dim_hospital` (
  `hospital_key` bigint COMMENT 'xxhash64 of the hospital\'s natural key',
  `hospital_id` bigint COMMENT 'OBJECTID of the source',
  `region_key` bigint COMMENT 'Region of the hospital\'s county, 0 where it has none',
  `hospital_name` string COMMENT 'Name',
  `hospital_type` string COMMENT 'Type of hospital',
  `address` string COMMENT 'Street address',
  `city` string COMMENT 'City',
  `state` string COMMENT 'Postal abbreviation of the state',
  `zip_code` string COMMENT 'ZIP code of 5 digits',
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
  `longitude` double COMMENT 'Degrees east'
)
COMMENT 'A US hospital.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
