CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_curated`.`machine_learning` (
  `sensor_reading_time` bigint COMMENT 'Time of both readings, in milliseconds since 1970-01-01 UTC',
  `read_at` timestamp COMMENT 'Time of both readings (UTC)',
  `device_owner` string COMMENT 'Pseudonym of the device\'s owner; of the device itself where the owner is not known',
  `phone_owner` string COMMENT 'Pseudonym of the phone\'s owner',
  `distance_from_object` int COMMENT 'Distance that the device measured',
  `x` double COMMENT 'Movement of the phone along the x axis',
  `y` double COMMENT 'Movement of the phone along the y axis',
  `z` double COMMENT 'Movement of the phone along the z axis',
  `is_device_owner_known` boolean COMMENT 'Whether no other customer has the device\'s serial number',
  `is_same_customer` boolean COMMENT 'Whether device and phone belong to one customer; false where the device\'s owner is not known',
  `is_after_consent` boolean COMMENT 'Whether both owners had agreed to research at that time; false where the device\'s owner is not known'
)
COMMENT 'A step-trainer reading and an accelerometer reading of the same time, whoever they are of.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
