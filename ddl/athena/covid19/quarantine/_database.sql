CREATE DATABASE IF NOT EXISTS `covid19_quarantine`
COMMENT 'The public COVID-19 data lake: quarantine'
LOCATION '${lake}/quarantine/covid19/';
