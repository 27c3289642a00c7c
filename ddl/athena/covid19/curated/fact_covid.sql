CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`fact_covid` (
  `region_key` bigint COMMENT 'Region, key of dim_region',
  `date_key` int COMMENT 'Day as yyyymmdd, key of dim_date',
  `fips` string COMMENT 'FIPS code of the state, 2 digits',
  `province_state` string COMMENT 'Name of the state',
  `country_region` string COMMENT 'Canonical country name',
  `source` string COMMENT 'Feed of the cases: jhu_daily_reports or enigma_jhu; null where only tests are known',
  `confirmed` bigint COMMENT 'Cumulative cases, the state\'s regions summed',
  `deaths` bigint COMMENT 'Cumulative deaths, the state\'s regions summed',
  `recovered` bigint COMMENT 'Cumulative recoveries, the state\'s regions summed',
  `active` bigint COMMENT 'Active cases, the state\'s regions summed',
  `positive` bigint COMMENT 'Cumulative people or cases tested positive',
  `negative` bigint COMMENT 'Cumulative people tested negative',
  `hospitalized_currently` bigint COMMENT 'In hospital on this day',
  `hospitalized` bigint COMMENT 'Ever in hospital, the source\'s older name for it',
  `hospitalized_discharged` bigint COMMENT 'Discharged from hospital'
)
COMMENT 'A US state or territory and a day, cases beside tests; what only one side reports keeps its row.'
PARTITIONED BY (
  `month` string COMMENT 'Month of the day as yyyy-MM'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
