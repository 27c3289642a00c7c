CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`testing_us_daily` (
  `report_date` date COMMENT 'Day of the report',
  `states` bigint COMMENT 'States and territories that reported',
  `positive` bigint COMMENT 'Cumulative people or cases tested positive',
  `negative` bigint COMMENT 'Cumulative people tested negative',
  `pending` bigint COMMENT 'Tests whose result is pending',
  `hospitalized_currently` bigint COMMENT 'In hospital on this day',
  `hospitalized_cumulative` bigint COMMENT 'Ever in hospital',
  `in_icu_currently` bigint COMMENT 'In intensive care on this day',
  `in_icu_cumulative` bigint COMMENT 'Ever in intensive care',
  `on_ventilator_currently` bigint COMMENT 'On a ventilator on this day',
  `on_ventilator_cumulative` bigint COMMENT 'Ever on a ventilator',
  `recovered` bigint COMMENT 'Cumulative recoveries',
  `deaths` bigint COMMENT 'Cumulative deaths',
  `hospitalized` bigint COMMENT 'Ever in hospital, the source\'s older name for it',
  `total` bigint COMMENT 'Deprecated by the source: positive + negative + pending',
  `total_test_results` bigint COMMENT 'Cumulative test results',
  `pos_neg` bigint COMMENT 'Deprecated by the source: positive + negative',
  `positive_increase` bigint COMMENT 'New positives since the day before',
  `negative_increase` bigint COMMENT 'New negatives since the day before',
  `total_test_results_increase` bigint COMMENT 'New test results since the day before',
  `deaths_increase` bigint COMMENT 'New deaths since the day before',
  `hospitalized_increase` bigint COMMENT 'New in hospital since the day before',
  `date_checked` timestamp COMMENT 'When the source looked (UTC); hour 24 is the next day\'s midnight',
  `last_modified` timestamp COMMENT 'When the record was changed (UTC)',
  `record_hash` string COMMENT 'The source\'s own record hash',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A day, the whole of the US.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
