CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_trusted`.`testing_us_total_latest` (
  `last_modified` timestamp COMMENT 'When the totals were changed (UTC)',
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
  `record_hash` string COMMENT 'The source\'s own record hash',
  `notes` string COMMENT 'The source\'s remarks',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'One row: the latest totals of the whole US.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
