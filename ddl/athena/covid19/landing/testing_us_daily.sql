-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`testing_us_daily` (
  `date` string COMMENT 'Day of the report',
  `states` string COMMENT 'States and territories that reported',
  `positive` string COMMENT 'Cumulative people or cases tested positive',
  `negative` string COMMENT 'Cumulative people tested negative',
  `pending` string COMMENT 'Tests whose result is pending',
  `hospitalizedcurrently` string COMMENT 'In hospital on this day',
  `hospitalizedcumulative` string COMMENT 'Ever in hospital',
  `inicucurrently` string COMMENT 'In intensive care on this day',
  `inicucumulative` string COMMENT 'Ever in intensive care',
  `onventilatorcurrently` string COMMENT 'On a ventilator on this day',
  `onventilatorcumulative` string COMMENT 'Ever on a ventilator',
  `datechecked` string COMMENT 'When the source looked (UTC); hour 24 is the next day\'s midnight',
  `death` string COMMENT 'Cumulative deaths',
  `hospitalized` string COMMENT 'Ever in hospital, the source\'s older name for it',
  `totaltestresults` string COMMENT 'Cumulative test results',
  `lastmodified` string COMMENT 'When the record was changed (UTC)',
  `recovered` string COMMENT 'Cumulative recoveries',
  `total` string COMMENT 'Deprecated by the source: positive + negative + pending',
  `posneg` string COMMENT 'Deprecated by the source: positive + negative',
  `deathincrease` string COMMENT 'New deaths since the day before',
  `hospitalizedincrease` string COMMENT 'New in hospital since the day before',
  `negativeincrease` string COMMENT 'New negatives since the day before',
  `positiveincrease` string COMMENT 'New positives since the day before',
  `totaltestresultsincrease` string COMMENT 'New test results since the day before',
  `hash` string COMMENT 'The source\'s own record hash'
)
COMMENT 'Landing files of: A day, the whole of the US. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/rearc-covid-19-testing-data/csv/us_daily/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
