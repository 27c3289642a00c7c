CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`dim_date` (
  `date_key` int COMMENT 'Day as yyyymmdd',
  `date` date COMMENT 'The day',
  `year` int COMMENT 'Calendar year',
  `quarter` int COMMENT 'Quarter, 1 to 4',
  `month` int COMMENT 'Month, 1 to 12',
  `month_name` string COMMENT 'English name of the month',
  `day` int COMMENT 'Day of the month',
  `day_of_week` int COMMENT 'ISO day of the week, Monday is 1',
  `day_name` string COMMENT 'English name of the day',
  `iso_week` int COMMENT 'ISO week, 1 to 53',
  `is_weekend` boolean COMMENT 'Saturday or Sunday'
)
COMMENT 'A day, without gaps from the first to the last day of the facts.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
);
