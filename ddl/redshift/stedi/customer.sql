CREATE TABLE IF NOT EXISTS "stedi"."customer" (
    "customer_id" varchar(256) ENCODE zstd NOT NULL,
    "customer_name" varchar(256) ENCODE zstd,
    "email" varchar(256) ENCODE zstd NOT NULL,
    "phone" varchar(256) ENCODE zstd,
    "birth_day" date ENCODE az64,
    "serial_number" varchar(256) ENCODE zstd,
    "is_serial_number_shared" boolean ENCODE raw NOT NULL,
    "registration_date" bigint ENCODE az64,
    "registered_at" timestamp without time zone ENCODE az64,
    "last_update_date" bigint ENCODE az64 NOT NULL,
    "updated_at" timestamp without time zone ENCODE az64,
    "share_with_research_as_of_date" bigint ENCODE az64 NOT NULL,
    "research_consent_at" timestamp without time zone ENCODE az64,
    "share_with_public_as_of_date" bigint ENCODE az64,
    "public_consent_at" timestamp without time zone ENCODE az64,
    "share_with_friends_as_of_date" bigint ENCODE az64,
    "friends_consent_at" timestamp without time zone ENCODE az64,
    PRIMARY KEY ("customer_id")
)
DISTSTYLE AUTO;
COMMENT ON TABLE "stedi"."customer" IS 'A customer who agrees to research and has accelerometer readings; the last table with personal fields.';
COMMENT ON COLUMN "stedi"."customer"."customer_id" IS 'E-mail in lower case: by it customers are told apart';
COMMENT ON COLUMN "stedi"."customer"."customer_name" IS 'First and last name';
COMMENT ON COLUMN "stedi"."customer"."email" IS 'E-mail as delivered';
COMMENT ON COLUMN "stedi"."customer"."phone" IS 'Phone number';
COMMENT ON COLUMN "stedi"."customer"."birth_day" IS 'Birth day; most are centuries too early in the source';
COMMENT ON COLUMN "stedi"."customer"."serial_number" IS 'Serial number of the customer''s step trainer';
COMMENT ON COLUMN "stedi"."customer"."is_serial_number_shared" IS 'Whether a record of another customer has the same serial number, so that the device''s owner is not known';
COMMENT ON COLUMN "stedi"."customer"."registration_date" IS 'When the customer registered, in milliseconds since 1970-01-01 UTC, as delivered';
COMMENT ON COLUMN "stedi"."customer"."registered_at" IS 'When the customer registered (UTC)';
COMMENT ON COLUMN "stedi"."customer"."last_update_date" IS 'When the record was last changed, in milliseconds since 1970-01-01 UTC, as delivered';
COMMENT ON COLUMN "stedi"."customer"."updated_at" IS 'When the record was last changed (UTC)';
COMMENT ON COLUMN "stedi"."customer"."share_with_research_as_of_date" IS 'From when on the customer agrees that the data is used for research, in milliseconds since 1970-01-01 UTC, as delivered';
COMMENT ON COLUMN "stedi"."customer"."research_consent_at" IS 'From when on the customer agrees that the data is used for research (UTC)';
COMMENT ON COLUMN "stedi"."customer"."share_with_public_as_of_date" IS 'From when on the customer agrees that the data is shared with the public, in milliseconds since 1970-01-01 UTC, as delivered';
COMMENT ON COLUMN "stedi"."customer"."public_consent_at" IS 'From when on the customer agrees that the data is shared with the public (UTC)';
COMMENT ON COLUMN "stedi"."customer"."share_with_friends_as_of_date" IS 'From when on the customer agrees that the data is shared with friends, in milliseconds since 1970-01-01 UTC, as delivered';
COMMENT ON COLUMN "stedi"."customer"."friends_consent_at" IS 'From when on the customer agrees that the data is shared with friends (UTC)';
