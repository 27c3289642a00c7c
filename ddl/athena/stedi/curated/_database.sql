CREATE DATABASE IF NOT EXISTS `stedi_curated`
COMMENT 'Step trainers, phones and the customers who agreed to research: curated'
LOCATION '${lake}/curated/stedi/';
