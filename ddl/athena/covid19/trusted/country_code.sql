CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`country_code` (
  `iso2` string COMMENT 'ISO 3166-1 alpha-2 code; NA is Namibia',
  `iso3` string COMMENT 'ISO 3166-1 alpha-3 code',
  `numeric_code` string COMMENT 'ISO 3166-1 numeric code, 3 digits',
  `country` string COMMENT 'Name as the file spells it',
  `country_region` string COMMENT 'Canonical country name',
  `latitude` double COMMENT 'Degrees north',
  `longitude` double COMMENT 'Degrees east',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A country or territory by its ISO 3166-1 code.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
