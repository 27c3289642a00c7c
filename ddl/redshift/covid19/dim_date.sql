CREATE TABLE IF NOT EXISTS "covid19"."dim_date" (
    "date_key" integer ENCODE az64 NOT NULL,
    "date" date ENCODE az64 NOT NULL,
    "year" integer ENCODE az64 NOT NULL,
    "quarter" integer ENCODE az64 NOT NULL,
    "month" integer ENCODE az64 NOT NULL,
    "month_name" varchar(256) ENCODE zstd NOT NULL,
    "day" integer ENCODE az64 NOT NULL,
    "day_of_week" integer ENCODE az64 NOT NULL,
    "day_name" varchar(256) ENCODE zstd NOT NULL,
    "iso_week" integer ENCODE az64 NOT NULL,
    "is_weekend" boolean ENCODE raw NOT NULL,
    PRIMARY KEY ("date_key")
)
DISTSTYLE ALL;
COMMENT ON TABLE "covid19"."dim_date" IS 'A day, without gaps from the first to the last day of the facts.';
COMMENT ON COLUMN "covid19"."dim_date"."date_key" IS 'Day as yyyymmdd';
COMMENT ON COLUMN "covid19"."dim_date"."date" IS 'The day';
COMMENT ON COLUMN "covid19"."dim_date"."year" IS 'Calendar year';
COMMENT ON COLUMN "covid19"."dim_date"."quarter" IS 'Quarter, 1 to 4';
COMMENT ON COLUMN "covid19"."dim_date"."month" IS 'Month, 1 to 12';
COMMENT ON COLUMN "covid19"."dim_date"."month_name" IS 'English name of the month';
COMMENT ON COLUMN "covid19"."dim_date"."day" IS 'Day of the month';
COMMENT ON COLUMN "covid19"."dim_date"."day_of_week" IS 'ISO day of the week, Monday is 1';
COMMENT ON COLUMN "covid19"."dim_date"."day_name" IS 'English name of the day';
COMMENT ON COLUMN "covid19"."dim_date"."iso_week" IS 'ISO week, 1 to 53';
COMMENT ON COLUMN "covid19"."dim_date"."is_weekend" IS 'Saturday or Sunday';
