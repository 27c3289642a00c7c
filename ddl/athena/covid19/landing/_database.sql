CREATE DATABASE IF NOT EXISTS `covid19_landing`
COMMENT 'The public COVID-19 data lake: landing'
LOCATION '${lake}/landing/covid19/';
