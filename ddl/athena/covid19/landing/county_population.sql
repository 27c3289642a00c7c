-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`county_population` (
  `id` string COMMENT 'Census geography identifier',
  `id2` string COMMENT 'FIPS code of the county, 5 digits',
  `county` string COMMENT 'County',
  `state` string COMMENT 'State or territory',
  `population_estimate_2018` string COMMENT 'People on 1 July 2018'
)
COMMENT 'Landing files of: A US county. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/static-datasets/csv/CountyPopulation/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
