CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`region_names` (
  `source` string COMMENT 'Trusted table that names the region',
  `reported_id` string COMMENT 'region_id of the trusted rows',
  `name_hash` bigint COMMENT 'xxhash64 of level and names, as they are written',
  `level` string COMMENT 'Level of the region',
  `country_region` string COMMENT 'Canonical country name',
  `province_state` string COMMENT 'Province or state',
  `county` string COMMENT 'County, or the place below a province, as the source spells it',
  `fips` string COMMENT 'US FIPS code as the source has it',
  `last_report_date` date COMMENT 'Last day on which it is written so',
  `placed_date` date COMMENT 'Last such day with coordinates',
  `latitude` double COMMENT 'Degrees north on that day, to 10 decimals',
  `longitude` double COMMENT 'Degrees east on that day, to 10 decimals'
)
COMMENT 'A way in which a source writes a region, in a month where the source is kept by month; what regions are made of.'
PARTITIONED BY (
  `part` string COMMENT 'The source, and the month where it is kept by month'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
