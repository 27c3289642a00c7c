CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`bridge_region` (
  `source` string COMMENT 'Trusted table that names the region',
  `reported_id` string COMMENT 'region_id of the trusted rows',
  `region_key` bigint COMMENT 'The region over all sources, key of dim_region',
  `region_id` string COMMENT 'Natural key of the region over all sources',
  `level` string COMMENT 'Level of the region',
  `country_region` string COMMENT 'Canonical country name',
  `province_state` string COMMENT 'Province or state',
  `county` string COMMENT 'County, or the place below a province, as the source spells it',
  `fips` string COMMENT 'US FIPS code as the source has it',
  `last_report_month` date COMMENT 'First day of the last month that the source reports for the region',
  `latitude` double COMMENT 'Degrees north, as last reported',
  `longitude` double COMMENT 'Degrees east, as last reported'
)
COMMENT 'A region as one source names it: the way from a trusted row\'s region_id to dim_region.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
