-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`enigma_jhu` (
  `fips` string COMMENT 'US FIPS code, 2 (state) or 5 digits, as reported',
  `admin2` string COMMENT 'US county, or the place below a province',
  `province_state` string COMMENT 'Province or state',
  `country_region` string COMMENT 'Canonical country name; a spelling in no alias table is kept as it came',
  `last_update` string COMMENT 'When the entry was last changed (UTC)',
  `latitude` string COMMENT 'Degrees north',
  `longitude` string COMMENT 'Degrees east',
  `confirmed` string COMMENT 'Cumulative confirmed cases',
  `deaths` string COMMENT 'Cumulative deaths',
  `recovered` string COMMENT 'Cumulative recoveries',
  `active` string COMMENT 'Active cases as reported; negative where the source corrects itself',
  `combined_key` string COMMENT 'The place as the source joins it into one text'
)
COMMENT 'Landing files of: A location and the day that its entry was last updated (UTC minus 8 hours); an entry carried forward stands once. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/enigma-jhu/csv/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
