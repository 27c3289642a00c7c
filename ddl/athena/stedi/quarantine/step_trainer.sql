-- This is the folder of all versions that are kept, in which a record stands once for each of them. In a lake's
-- catalog it is the folder of the current version.
CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_quarantine`.`step_trainer` (
  `run_id` string COMMENT 'Run that refused the record',
  `table_name` string COMMENT 'Table that the record was meant for',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `line` bigint COMMENT 'Line of the file on which the record begins, counted from 1; NULL where nobody counted',
  `reasons` array<string> COMMENT 'Every rule that the record broke, as `name: message`',
  `record` string COMMENT 'The record as it arrived'
)
COMMENT 'Refused records of trusted.step_trainer, as they arrived, each with every reason.'
STORED AS PARQUET
LOCATION '${lake}/quarantine/stedi/step_trainer/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
