CREATE TABLE IF NOT EXISTS "stedi"."machine_learning" (
    "sensor_reading_time" bigint NOT NULL,
    "read_at" timestamp without time zone NOT NULL,
    "device_owner" varchar(256) NOT NULL,
    "phone_owner" varchar(256) NOT NULL,
    "distance_from_object" integer NOT NULL,
    "x" double precision NOT NULL,
    "y" double precision NOT NULL,
    "z" double precision NOT NULL,
    "is_device_owner_known" boolean NOT NULL,
    "is_same_customer" boolean NOT NULL,
    "is_after_consent" boolean NOT NULL,
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
