-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`testing_states_daily` (
  `date` string COMMENT 'Day of the report',
  `state` string COMMENT 'Postal abbreviation of the state',
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
  `dataqualitygrade` string COMMENT 'The source\'s grade of the state\'s reporting',
  `lastupdateet` string COMMENT 'When the state last updated (UTC; delivered in Eastern time)',
  `datemodified` string COMMENT 'When the record was changed (UTC)',
  `checktimeet` string COMMENT 'When the source looked, Eastern time without a year',
  `death` string COMMENT 'Cumulative deaths',
  `hospitalized` string COMMENT 'Ever in hospital, the source\'s older name for it',
  `datechecked` string COMMENT 'When the source looked (UTC)',
  `totaltestsviral` string COMMENT 'PCR tests',
  `positivetestsviral` string COMMENT 'Positive PCR tests',
  `negativetestsviral` string COMMENT 'Negative PCR tests',
  `positivecasesviral` string COMMENT 'People with a positive PCR test',
  `fips` string COMMENT 'US FIPS code of 2 digits',
  `positiveincrease` string COMMENT 'New positives since the day before',
  `negativeincrease` string COMMENT 'New negatives since the day before',
  `total` string COMMENT 'Deprecated by the source: positive + negative + pending',
  `totaltestresults` string COMMENT 'Cumulative test results',
  `totaltestresultsincrease` string COMMENT 'New test results since the day before',
  `posneg` string COMMENT 'Deprecated by the source: positive + negative',
  `deathincrease` string COMMENT 'New deaths since the day before',
  `hospitalizedincrease` string COMMENT 'New in hospital since the day before',
  `hash` string COMMENT 'The source\'s own record hash',
  `commercialscore` string COMMENT 'Deprecated by the source',
  `negativeregularscore` string COMMENT 'Deprecated by the source',
  `negativescore` string COMMENT 'Deprecated by the source',
  `positivescore` string COMMENT 'Deprecated by the source',
  `score` string COMMENT 'Deprecated by the source',
  `grade` string COMMENT 'Deprecated by the source',
  `granularity` string COMMENT 'Always State',
  `county` string COMMENT 'Always N/A'
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
LOCATION '${lake}/landing/covid19/rearc-covid-19-testing-data/csv/states_daily/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
