CREATE DATABASE IF NOT EXISTS `covid19_curated`
COMMENT 'The public COVID-19 data lake: curated'
LOCATION '${lake}/curated/covid19/';
