CREATE TABLE IF NOT EXISTS "stedi"."machine_learning" (
    "sensor_reading_time" bigint ENCODE az64 NOT NULL,
    "read_at" timestamp without time zone ENCODE az64 NOT NULL,
    "device_owner" varchar(256) ENCODE zstd NOT NULL,
    "phone_owner" varchar(256) ENCODE zstd NOT NULL,
    "distance_from_object" integer ENCODE az64 NOT NULL,
    "x" double precision ENCODE zstd NOT NULL,
    "y" double precision ENCODE zstd NOT NULL,
    "z" double precision ENCODE zstd NOT NULL,
    "is_device_owner_known" boolean ENCODE raw NOT NULL,
    "is_same_customer" boolean ENCODE raw NOT NULL,
    "is_after_consent" boolean ENCODE raw NOT NULL,
    PRIMARY KEY ("sensor_reading_time", "device_owner", "phone_owner", "x", "y", "z")
)
DISTSTYLE AUTO;
COMMENT ON TABLE "stedi"."machine_learning" IS 'A step-trainer reading and an accelerometer reading of the same time, whoever they are of.';
COMMENT ON COLUMN "stedi"."machine_learning"."sensor_reading_time" IS 'Time of both readings, in milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN "stedi"."machine_learning"."read_at" IS 'Time of both readings (UTC)';
COMMENT ON COLUMN "stedi"."machine_learning"."device_owner" IS 'Pseudonym of the device''s owner; of the device itself where the owner is not known';
COMMENT ON COLUMN "stedi"."machine_learning"."phone_owner" IS 'Pseudonym of the phone''s owner';
COMMENT ON COLUMN "stedi"."machine_learning"."distance_from_object" IS 'Distance that the device measured';
COMMENT ON COLUMN "stedi"."machine_learning"."x" IS 'Movement of the phone along the x axis';
COMMENT ON COLUMN "stedi"."machine_learning"."y" IS 'Movement of the phone along the y axis';
COMMENT ON COLUMN "stedi"."machine_learning"."z" IS 'Movement of the phone along the z axis';
COMMENT ON COLUMN "stedi"."machine_learning"."is_device_owner_known" IS 'Whether no other customer has the device''s serial number';
COMMENT ON COLUMN "stedi"."machine_learning"."is_same_customer" IS 'Whether device and phone belong to one customer; false where the device''s owner is not known';
COMMENT ON COLUMN "stedi"."machine_learning"."is_after_consent" IS 'Whether both owners had agreed to research at that time; false where the device''s owner is not known';
