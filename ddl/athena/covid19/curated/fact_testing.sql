CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`fact_testing` (
  `region_key` bigint COMMENT 'Region, key of dim_region',
  `date_key` int COMMENT 'Day as yyyymmdd, key of dim_date',
  `positive` bigint COMMENT 'Cumulative people or cases tested positive',
  `negative` bigint COMMENT 'Cumulative people tested negative',
  `pending` bigint COMMENT 'Tests whose result is pending',
  `total_test_results` bigint COMMENT 'Cumulative test results',
  `hospitalized_currently` bigint COMMENT 'In hospital on this day',
  `hospitalized_cumulative` bigint COMMENT 'Ever in hospital',
  `hospitalized_discharged` bigint COMMENT 'Discharged from hospital',
  `in_icu_currently` bigint COMMENT 'In intensive care on this day',
  `in_icu_cumulative` bigint COMMENT 'Ever in intensive care',
  `on_ventilator_currently` bigint COMMENT 'On a ventilator on this day',
  `on_ventilator_cumulative` bigint COMMENT 'Ever on a ventilator',
  `recovered` bigint COMMENT 'Cumulative recoveries',
  `deaths` bigint COMMENT 'Cumulative deaths',
  `positive_increase` bigint COMMENT 'New positives since the day before',
  `negative_increase` bigint COMMENT 'New negatives since the day before',
  `total_test_results_increase` bigint COMMENT 'New test results since the day before',
  `deaths_increase` bigint COMMENT 'New deaths since the day before',
  `hospitalized_increase` bigint COMMENT 'New in hospital since the day before'
)
COMMENT 'A US state or territory and a day.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
