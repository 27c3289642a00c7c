CREATE TABLE IF NOT EXISTS "stedi"."machine_learning_strict" (
    "sensor_reading_time" bigint ENCODE az64 NOT NULL,
    "read_at" timestamp without time zone ENCODE az64 NOT NULL,
    "customer" varchar(256) ENCODE zstd NOT NULL,
    "split_percent" integer ENCODE az64 NOT NULL,
    "distance_from_object" integer ENCODE az64 NOT NULL,
    "x" double precision ENCODE zstd NOT NULL,
    "y" double precision ENCODE zstd NOT NULL,
    "z" double precision ENCODE zstd NOT NULL,
    PRIMARY KEY ("sensor_reading_time", "customer", "x", "y", "z")
)
DISTSTYLE AUTO;
COMMENT ON TABLE "stedi"."machine_learning_strict" IS 'A step-trainer reading and an accelerometer reading of one time and customer, after consent.';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."sensor_reading_time" IS 'Time of both readings, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."read_at" IS 'Time of both readings (UTC)';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."customer" IS 'Pseudonym of the customer';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."split_percent" IS '0 to 99, the same for all rows of a customer: `split_percent < 80` takes about 80 % of the customers';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."distance_from_object" IS 'Distance that the device measured';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."x" IS 'Movement of the phone along the x axis';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."y" IS 'Movement of the phone along the y axis';
COMMENT ON COLUMN "stedi"."machine_learning_strict"."z" IS 'Movement of the phone along the z axis';
