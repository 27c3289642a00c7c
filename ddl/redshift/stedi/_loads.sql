CREATE TABLE IF NOT EXISTS "stedi_staging"."loaded_versions" (
    table_name varchar(128) PRIMARY KEY,
    version varchar(256) NOT NULL,
    row_count bigint NOT NULL,
    loaded_at timestamp with time zone NOT NULL
);
CREATE TABLE IF NOT EXISTS "stedi_staging"."loads" (
    load_id varchar(64) NOT NULL,
    table_name varchar(128) NOT NULL,
    version varchar(256) NOT NULL,
    previous_version varchar(256),
    scope varchar(16) NOT NULL,
    staged bigint NOT NULL,
    inserted bigint NOT NULL,
    changed bigint NOT NULL,
    deleted bigint NOT NULL,
    row_count bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE "stedi_staging"."loads" IS 'The audit of loads: a table that a load changed, written in the transaction that changed it. scope is whole, months (only months that differ from previous_version were staged) or created; staged, inserted, changed and deleted count rows, and row_count has the table''s rows after the load. Every row was compared with the lake''s files at verified_at, before the commit.';
CREATE TABLE IF NOT EXISTS "stedi_staging"."load_lock" (
    nothing integer
);
CREATE TABLE IF NOT EXISTS "stedi_staging"."created_views" (
    view_name varchar(128) NOT NULL,
    digest varchar(64) NOT NULL
);
CREATE TABLE IF NOT EXISTS "stedi_staging"."outdated_statistics" (
    table_name varchar(128) NOT NULL
);
