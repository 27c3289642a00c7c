-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_landing`.`customer` (
  `customername` string COMMENT 'First and last name',
  `email` string COMMENT 'E-mail as delivered',
  `phone` string COMMENT 'Phone number',
  `birthday` string COMMENT 'Birth day; most are centuries too early in the source',
  `serialnumber` string COMMENT 'Serial number of the customer\'s step trainer',
  `registrationdate` string COMMENT 'When the customer registered (UTC)',
  `lastupdatedate` string COMMENT 'When the record was last changed (UTC)',
  `sharewithresearchasofdate` string COMMENT 'From when on the customer agrees that the data is used for research (UTC)',
  `sharewithpublicasofdate` string COMMENT 'From when on the customer agrees that the data is shared with the public (UTC)',
  `sharewithfriendsasofdate` string COMMENT 'From when on the customer agrees that the data is shared with friends (UTC)'
)
COMMENT 'Landing files of: A customer who agrees to research, by e-mail. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/stedi/customer/landing/'
TBLPROPERTIES (
  'classification' = 'json'
);
