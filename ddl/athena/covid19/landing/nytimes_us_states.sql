-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`nytimes_us_states` (
  `date` string COMMENT 'Day of the report',
  `state` string COMMENT 'State or territory',
  `fips` string COMMENT 'US FIPS code of 2 digits',
  `cases` string COMMENT 'Cumulative cases, confirmed and probable',
  `deaths` string COMMENT 'Cumulative deaths'
)
COMMENT 'Landing files of: A US state or territory and a day. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/rearc-covid-19-nyt-data-in-usa/csv/us-states/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
