-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`state_abv` (
  `state` string COMMENT 'Name of the state',
  `abbreviation` string COMMENT 'Postal abbreviation'
)
COMMENT 'Landing files of: A US state. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/static-datasets/csv/state-abv/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
