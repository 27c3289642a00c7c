CREATE DATABASE IF NOT EXISTS `stedi_quarantine`
COMMENT 'Step trainers, phones and the customers who agreed to research: quarantine'
LOCATION '${lake}/quarantine/stedi/';
