-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`testing_us_total_latest` (
  `positive` string COMMENT 'Cumulative people or cases tested positive',
  `negative` string COMMENT 'Cumulative people tested negative',
  `pending` string COMMENT 'Tests whose result is pending',
  `hospitalizedcurrently` string COMMENT 'In hospital on this day',
  `hospitalizedcumulative` string COMMENT 'Ever in hospital',
  `inicucurrently` string COMMENT 'In intensive care on this day',
  `inicucumulative` string COMMENT 'Ever in intensive care',
  `onventilatorcurrently` string COMMENT 'On a ventilator on this day',
  `onventilatorcumulative` string COMMENT 'Ever on a ventilator',
  `recovered` string COMMENT 'Cumulative recoveries',
  `hash` string COMMENT 'The source\'s own record hash',
  `lastmodified` string COMMENT 'When the totals were changed (UTC)',
  `death` string COMMENT 'Cumulative deaths',
  `hospitalized` string COMMENT 'Ever in hospital, the source\'s older name for it',
  `total` string COMMENT 'Deprecated by the source: positive + negative + pending',
  `totaltestresults` string COMMENT 'Cumulative test results',
  `posneg` string COMMENT 'Deprecated by the source: positive + negative',
  `notes` string COMMENT 'The source\'s remarks'
)
COMMENT 'Landing files of: One row: the latest totals of the whole US. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/rearc-covid-19-testing-data/csv/us-total-latest/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
