-- The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a
-- lake's catalog they are those of the files that are there.
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_landing`.`hospital_beds` (
  `objectid` string COMMENT 'OBJECTID of the source',
  `hospital_name` string COMMENT 'Name',
  `hospital_type` string COMMENT 'Type of hospital',
  `hq_address` string COMMENT 'Street address',
  `hq_address1` string COMMENT 'Second address line',
  `hq_city` string COMMENT 'City',
  `hq_state` string COMMENT 'Postal abbreviation of the state',
  `hq_zip_code` string COMMENT 'ZIP code of 5 digits',
  `county_name` string COMMENT 'County',
  `state_name` string COMMENT 'State',
  `state_fips` string COMMENT 'FIPS code of the state, 2 digits',
  `cnty_fips` string COMMENT 'FIPS code of the county within its state, 3 digits',
  `fips` string COMMENT 'FIPS code of the county, 5 digits',
  `num_licensed_beds` string COMMENT 'Licensed beds',
  `num_staffed_beds` string COMMENT 'Staffed beds',
  `num_icu_beds` string COMMENT 'Intensive-care beds',
  `adult_icu_beds` string COMMENT 'Intensive-care beds for adults',
  `pedi_icu_beds` string COMMENT 'Intensive-care beds for children',
  `bed_utilization` string COMMENT 'Share of the beds in use, 0 to 1',
  `avg_ventilator_usage` string COMMENT 'Ventilators in use on average',
  `potential_increase_in_bed_capac` string COMMENT 'Licensed less staffed beds',
  `latitude` string COMMENT 'Degrees north',
  `longtitude` string COMMENT 'Degrees east'
)
COMMENT 'Landing files of: A US hospital. As delivered, every column text.'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES (
  'separatorChar' = ',',
  'quoteChar' = '"',
  'escapeChar' = '\u0001'
)
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${lake}/landing/covid19/rearc-usa-hospital-beds/csv/'
TBLPROPERTIES (
  'classification' = 'csv',
  'skip.header.line.count' = '1'
);
