CREATE DATABASE IF NOT EXISTS `stedi_trusted`
COMMENT 'Step trainers, phones and the customers who agreed to research: trusted'
LOCATION '${lake}/trusted/stedi/';
