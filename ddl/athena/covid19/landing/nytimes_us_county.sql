-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`nytimes_us_county` (
  `date` string COMMENT 'Day of the report',
  `county` string COMMENT 'County; Unknown where the state does not say',
  `state` string COMMENT 'State or territory',
  `fips` string COMMENT 'US FIPS code; New York City and Kansas City have none',
  `cases` string COMMENT 'Cumulative cases, confirmed and probable',
  `deaths` string COMMENT 'Cumulative deaths'
)
COMMENT 'Landing files of: A US county, or a city that the newspaper reports as one, and a day. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/rearc-covid-19-nyt-data-in-usa/csv/us-counties/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
