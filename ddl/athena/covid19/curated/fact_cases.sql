CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`fact_cases` (
  `region_key` bigint COMMENT 'Region, key of dim_region',
  `date_key` int COMMENT 'Day as yyyymmdd, key of dim_date',
  `source` string COMMENT 'enigma_jhu, jhu_daily_reports or nytimes',
  `confirmed` bigint COMMENT 'Cumulative cases as reported',
  `deaths` bigint COMMENT 'Cumulative deaths as reported',
  `recovered` bigint COMMENT 'Cumulative recoveries as reported',
  `active` bigint COMMENT 'Active cases as reported',
  `new_confirmed` bigint COMMENT 'Cases since the region\'s last figure before; null on the first, negative on a correction',
  `new_deaths` bigint COMMENT 'Deaths since the region\'s last figure before; null on the first, negative on a correction',
  `days_since_previous` int COMMENT 'Days since the region\'s report before; null on the first'
)
COMMENT 'A region, a day and a source, at the lowest level that the source reports.'
PARTITIONED BY (
  `month` string COMMENT 'Month of the day as yyyy-MM'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
