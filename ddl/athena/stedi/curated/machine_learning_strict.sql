CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_curated`.`machine_learning_strict` (
  `sensor_reading_time` bigint COMMENT 'Time of both readings, in milliseconds since 1970-01-01 UTC',
  `read_at` timestamp COMMENT 'Time of both readings (UTC)',
  `customer` string COMMENT 'Pseudonym of the customer',
  `split_percent` int COMMENT '0 to 99, the same for all rows of a customer: `split_percent < 80` takes about 80 % of the customers',
  `distance_from_object` int COMMENT 'Distance that the device measured',
  `x` double COMMENT 'Movement of the phone along the x axis',
  `y` double COMMENT 'Movement of the phone along the y axis',
  `z` double COMMENT 'Movement of the phone along the z axis'
)
COMMENT 'A step-trainer reading and an accelerometer reading of one time and customer, after consent.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
