CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_trusted`.`accelerometer` (
  `user` string COMMENT 'E-mail of the phone\'s owner',
  `timestamp` bigint COMMENT 'When the phone took the reading, in milliseconds since 1970-01-01 UTC, as delivered',
  `read_at` timestamp COMMENT 'When the phone took the reading (UTC)',
  `x` double COMMENT 'Movement along the x axis',
  `y` double COMMENT 'Movement along the y axis',
  `z` double COMMENT 'Movement along the z axis',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A reading of a phone\'s accelerometer, by a customer who agrees to research; the whole row is the key.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
