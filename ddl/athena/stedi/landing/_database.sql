CREATE DATABASE IF NOT EXISTS `stedi_landing`
COMMENT 'Step trainers, phones and the customers who agreed to research: landing'
LOCATION '${lake}/landing/stedi/';
