-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_landing`.`accelerometer` (
  `user` string COMMENT 'E-mail of the phone\'s owner',
  `timestamp` string COMMENT 'When the phone took the reading (UTC)',
  `x` string COMMENT 'Movement along the x axis',
  `y` string COMMENT 'Movement along the y axis',
  `z` string COMMENT 'Movement along the z axis'
)
COMMENT 'Landing files of: A reading of a phone\'s accelerometer, by a customer who agrees to research; the whole row is the key. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/stedi/accelerometer/landing/'
TBLPROPERTIES (
  'classification' = 'json'
);
