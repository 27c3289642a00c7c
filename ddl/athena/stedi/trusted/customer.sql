CREATE EXTERNAL TABLE IF NOT EXISTS `stedi_trusted`.`customer` (
  `customer_id` string COMMENT 'E-mail in lower case: by it customers are told apart',
  `customer_name` string COMMENT 'First and last name',
  `email` string COMMENT 'E-mail as delivered',
  `phone` string COMMENT 'Phone number',
  `birth_day` date COMMENT 'Birth day; most are centuries too early in the source',
  `serial_number` string COMMENT 'Serial number of the customer\'s step trainer',
  `is_serial_number_shared` boolean COMMENT 'Whether a record of another customer has the same serial number, so that the device\'s owner is not known',
  `registration_date` bigint COMMENT 'When the customer registered, in milliseconds since 1970-01-01 UTC, as delivered',
  `registered_at` timestamp COMMENT 'When the customer registered (UTC)',
  `last_update_date` bigint COMMENT 'When the record was last changed, in milliseconds since 1970-01-01 UTC, as delivered',
  `updated_at` timestamp COMMENT 'When the record was last changed (UTC)',
  `share_with_research_as_of_date` bigint COMMENT 'From when on the customer agrees that the data is used for research, in milliseconds since 1970-01-01 UTC, as delivered',
  `research_consent_at` timestamp COMMENT 'From when on the customer agrees that the data is used for research (UTC)',
  `share_with_public_as_of_date` bigint COMMENT 'From when on the customer agrees that the data is shared with the public, in milliseconds since 1970-01-01 UTC, as delivered',
  `public_consent_at` timestamp COMMENT 'From when on the customer agrees that the data is shared with the public (UTC)',
  `share_with_friends_as_of_date` bigint COMMENT 'From when on the customer agrees that the data is shared with friends, in milliseconds since 1970-01-01 UTC, as delivered',
  `friends_consent_at` timestamp COMMENT 'From when on the customer agrees that the data is shared with friends (UTC)',
  `source_file` string COMMENT 'Landing file of the record, below the landing root',
  `source_row_hash` bigint COMMENT 'xxhash64 of the record\'s fields as they arrived',
  `run_id` string COMMENT 'Run that brought the record into this zone'
)
COMMENT 'A customer who agrees to research, by e-mail.'
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'ZSTD'
);
