CREATE DATABASE IF NOT EXISTS `covid19_trusted`
COMMENT 'The public COVID-19 data lake: trusted'
LOCATION '${lake}/trusted/covid19/';
