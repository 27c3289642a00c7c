CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_trusted`.`step_trainer` (
  `sensor_reading_time` bigint COMMENT 'When the device took the reading, in milliseconds since 1970-01-01 UTC, as delivered',
  `read_at` timestamp COMMENT 'When the device took the reading (UTC)',
  `serial_number` string COMMENT 'Serial number of the device',
  `distance_from_object` int COMMENT 'Distance that the device measured; the source names no unit',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A reading of a step trainer and a time; the device is one of a curated customer\'s.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
