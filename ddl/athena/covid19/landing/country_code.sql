-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`country_code` (
  `country` string COMMENT 'Name as the file spells it',
  `alpha_2_code` string COMMENT 'ISO 3166-1 alpha-2 code; NA is Namibia',
  `alpha_3_code` string COMMENT 'ISO 3166-1 alpha-3 code',
  `numeric_code` string COMMENT 'ISO 3166-1 numeric code, 3 digits',
  `latitude` string COMMENT 'Degrees north',
  `longitude` string COMMENT 'Degrees east'
)
COMMENT 'Landing files of: A country or territory by its ISO 3166-1 code. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/static-datasets/csv/countrycode/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
