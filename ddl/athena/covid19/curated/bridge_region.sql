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
  `latitude` double COMMENT 'Degrees north, as last reported, to 10 decimals',
  `longitude` double COMMENT 'Degrees east, as last reported, to 10 decimals'
)
COMMENT 'A region as one source names it: the way from a trusted row\'s region_id to dim_region.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
