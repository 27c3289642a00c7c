-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`jhu_daily_reports` (
  `line` string COMMENT 'A line of a file, its header row among them'
)
COMMENT 'Landing files of: A location and the day in the report\'s file name. The files\' lines as delivered, for their headers differ.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '\u0001',
  'serialization.format' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/jhu-daily-reports/'
TBLPROPERTIES (
  'classification' = 'csv'
);
