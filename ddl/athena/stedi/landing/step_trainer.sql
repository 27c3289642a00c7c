-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_landing`.`step_trainer` (
  `sensorreadingtime` string COMMENT 'When the device took the reading (UTC)',
  `serialnumber` string COMMENT 'Serial number of the device',
  `distancefromobject` string COMMENT 'Distance that the device measured; the source names no unit'
)
COMMENT 'Landing files of: A reading of a step trainer and a time; the device is one of a curated customer\'s. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/stedi/step_trainer/landing/'
TBLPROPERTIES (
  'classification' = 'json'
);
