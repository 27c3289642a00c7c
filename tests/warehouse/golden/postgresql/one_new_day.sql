-- load 20200701T043000Z-4e5f of covid19 into postgresql
-- in a session of its own, until the load ends: another load is refused meanwhile
LOCK TABLE "covid19_staging"."load_lock" IN EXCLUSIVE MODE NOWAIT;
-- dim_date: compared whole, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
CREATE UNLOGGED TABLE "covid19_staging"."dim_date" (
    "date_key" integer,
    "date" date,
    "year" integer,
    "quarter" integer,
    "month" integer,
    "month_name" text,
    "day" integer,
    "day_of_week" integer,
    "day_name" text,
    "iso_week" integer,
    "is_weekend" boolean
);
-- the rows of 1 files with 12 rows and 3,456 bytes are sent
ANALYZE "covid19_staging"."dim_date";
-- fact_cases: compared in the months that differ, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
CREATE UNLOGGED TABLE "covid19_staging"."fact_cases" (
    "region_key" bigint,
    "date_key" integer,
    "source" text,
    "confirmed" bigint,
    "deaths" bigint,
    "recovered" bigint,
    "active" bigint,
    "new_confirmed" bigint,
    "new_deaths" bigint,
    "days_since_previous" integer
);
-- the rows of 1 files with 7 rows and 7,000 bytes are sent
ANALYZE "covid19_staging"."fact_cases";
BEGIN;
-- waits for other loads
LOCK TABLE "covid19"."dim_date", "covid19"."fact_cases" IN SHARE ROW EXCLUSIVE MODE;
-- dim_date: compared whole, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DELETE FROM "covid19"."dim_date" WHERE NOT EXISTS (SELECT 1 FROM "covid19_staging"."dim_date" AS s WHERE s."date_key" = "dim_date"."date_key");
DELETE FROM "covid19"."dim_date" USING "covid19_staging"."dim_date" AS s WHERE s."date_key" = "dim_date"."date_key" AND (s."date" <> "dim_date"."date" OR (s."date" IS NULL AND "dim_date"."date" IS NOT NULL) OR (s."date" IS NOT NULL AND "dim_date"."date" IS NULL) OR s."year" <> "dim_date"."year" OR (s."year" IS NULL AND "dim_date"."year" IS NOT NULL) OR (s."year" IS NOT NULL AND "dim_date"."year" IS NULL) OR s."quarter" <> "dim_date"."quarter" OR (s."quarter" IS NULL AND "dim_date"."quarter" IS NOT NULL) OR (s."quarter" IS NOT NULL AND "dim_date"."quarter" IS NULL) OR s."month" <> "dim_date"."month" OR (s."month" IS NULL AND "dim_date"."month" IS NOT NULL) OR (s."month" IS NOT NULL AND "dim_date"."month" IS NULL) OR s."month_name" <> "dim_date"."month_name" OR (s."month_name" IS NULL AND "dim_date"."month_name" IS NOT NULL) OR (s."month_name" IS NOT NULL AND "dim_date"."month_name" IS NULL) OR s."day" <> "dim_date"."day" OR (s."day" IS NULL AND "dim_date"."day" IS NOT NULL) OR (s."day" IS NOT NULL AND "dim_date"."day" IS NULL) OR s."day_of_week" <> "dim_date"."day_of_week" OR (s."day_of_week" IS NULL AND "dim_date"."day_of_week" IS NOT NULL) OR (s."day_of_week" IS NOT NULL AND "dim_date"."day_of_week" IS NULL) OR s."day_name" <> "dim_date"."day_name" OR (s."day_name" IS NULL AND "dim_date"."day_name" IS NOT NULL) OR (s."day_name" IS NOT NULL AND "dim_date"."day_name" IS NULL) OR s."iso_week" <> "dim_date"."iso_week" OR (s."iso_week" IS NULL AND "dim_date"."iso_week" IS NOT NULL) OR (s."iso_week" IS NOT NULL AND "dim_date"."iso_week" IS NULL) OR s."is_weekend" <> "dim_date"."is_weekend" OR (s."is_weekend" IS NULL AND "dim_date"."is_weekend" IS NOT NULL) OR (s."is_weekend" IS NOT NULL AND "dim_date"."is_weekend" IS NULL));
INSERT INTO "covid19"."dim_date" ("date_key", "date", "year", "quarter", "month", "month_name", "day", "day_of_week", "day_name", "iso_week", "is_weekend") SELECT s."date_key", s."date", s."year", s."quarter", s."month", s."month_name", s."day", s."day_of_week", s."day_name", s."iso_week", s."is_weekend" FROM "covid19_staging"."dim_date" AS s WHERE NOT EXISTS (SELECT 1 FROM "covid19"."dim_date" AS t WHERE s."date_key" = t."date_key");
-- only if rows were changed
ANALYZE "covid19"."dim_date";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(CASE WHEN _text5 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text5), 1, 15))::bit(60)::bigint), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(CASE WHEN _text8 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text8), 1, 15))::bit(60)::bigint), sum(_present9), sum(_total9), sum(_present10), sum(_total10) FROM (SELECT count(*) AS _rows, count("date_key") AS _present0, sum("date_key") AS _total0, count("date") AS _present1, sum("date" - date '1970-01-01') AS _total1, count("year") AS _present2, sum("year") AS _total2, count("quarter") AS _present3, sum("quarter") AS _total3, count("month") AS _present4, sum("month") AS _total4, "month_name" AS _text5, count("day") AS _present6, sum("day") AS _total6, count("day_of_week") AS _present7, sum("day_of_week") AS _total7, "day_name" AS _text8, count("iso_week") AS _present9, sum("iso_week") AS _total9, count("is_weekend") AS _present10, sum(CASE WHEN "is_weekend" THEN 1 ELSE 0 END) AS _total10 FROM "covid19"."dim_date" AS t GROUP BY "month_name", "day_name") AS grouped;
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_date';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_date', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_date', '20200701T040000Z-2c3d', '20200630T040000Z-0a1b', 'whole', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- fact_cases: compared in the months that differ, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DELETE FROM "covid19"."fact_cases" WHERE ("fact_cases"."date_key" BETWEEN 20200700 AND 20200799) AND NOT EXISTS (SELECT 1 FROM "covid19_staging"."fact_cases" AS s WHERE s."region_key" = "fact_cases"."region_key" AND s."date_key" = "fact_cases"."date_key" AND s."source" = "fact_cases"."source");
DELETE FROM "covid19"."fact_cases" USING "covid19_staging"."fact_cases" AS s WHERE s."region_key" = "fact_cases"."region_key" AND s."date_key" = "fact_cases"."date_key" AND s."source" = "fact_cases"."source" AND (s."confirmed" <> "fact_cases"."confirmed" OR (s."confirmed" IS NULL AND "fact_cases"."confirmed" IS NOT NULL) OR (s."confirmed" IS NOT NULL AND "fact_cases"."confirmed" IS NULL) OR s."deaths" <> "fact_cases"."deaths" OR (s."deaths" IS NULL AND "fact_cases"."deaths" IS NOT NULL) OR (s."deaths" IS NOT NULL AND "fact_cases"."deaths" IS NULL) OR s."recovered" <> "fact_cases"."recovered" OR (s."recovered" IS NULL AND "fact_cases"."recovered" IS NOT NULL) OR (s."recovered" IS NOT NULL AND "fact_cases"."recovered" IS NULL) OR s."active" <> "fact_cases"."active" OR (s."active" IS NULL AND "fact_cases"."active" IS NOT NULL) OR (s."active" IS NOT NULL AND "fact_cases"."active" IS NULL) OR s."new_confirmed" <> "fact_cases"."new_confirmed" OR (s."new_confirmed" IS NULL AND "fact_cases"."new_confirmed" IS NOT NULL) OR (s."new_confirmed" IS NOT NULL AND "fact_cases"."new_confirmed" IS NULL) OR s."new_deaths" <> "fact_cases"."new_deaths" OR (s."new_deaths" IS NULL AND "fact_cases"."new_deaths" IS NOT NULL) OR (s."new_deaths" IS NOT NULL AND "fact_cases"."new_deaths" IS NULL) OR s."days_since_previous" <> "fact_cases"."days_since_previous" OR (s."days_since_previous" IS NULL AND "fact_cases"."days_since_previous" IS NOT NULL) OR (s."days_since_previous" IS NOT NULL AND "fact_cases"."days_since_previous" IS NULL));
INSERT INTO "covid19"."fact_cases" ("region_key", "date_key", "source", "confirmed", "deaths", "recovered", "active", "new_confirmed", "new_deaths", "days_since_previous") SELECT s."region_key", s."date_key", s."source", s."confirmed", s."deaths", s."recovered", s."active", s."new_confirmed", s."new_deaths", s."days_since_previous" FROM "covid19_staging"."fact_cases" AS s WHERE NOT EXISTS (SELECT 1 FROM "covid19"."fact_cases" AS t WHERE s."region_key" = t."region_key" AND s."date_key" = t."date_key" AND s."source" = t."source");
-- only if rows were changed
ANALYZE "covid19"."fact_cases";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(CASE WHEN _text2 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text2), 1, 15))::bit(60)::bigint), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, count("date_key") AS _present1, sum("date_key") AS _total1, "source" AS _text2, count("confirmed") AS _present3, sum("confirmed") AS _total3, count("deaths") AS _present4, sum("deaths") AS _total4, count("recovered") AS _present5, sum("recovered") AS _total5, count("active") AS _present6, sum("active") AS _total6, count("new_confirmed") AS _present7, sum("new_confirmed") AS _total7, count("new_deaths") AS _present8, sum("new_deaths") AS _total8, count("days_since_previous") AS _present9, sum("days_since_previous") AS _total9 FROM "covid19"."fact_cases" AS t WHERE (t."date_key" BETWEEN 20200700 AND 20200799) GROUP BY "source") AS grouped;
-- must be 13
SELECT count(*) FROM "covid19"."fact_cases";
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'fact_cases';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('fact_cases', '20200701T040000Z-2c3d', 13, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'fact_cases', '20200701T040000Z-2c3d', '20200630T040000Z-0a1b', 'months', 0, 0, 0, 0, 13, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
GRANT USAGE ON SCHEMA "covid19" TO "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_date", "covid19"."fact_cases" TO "covid_lake_reader";
-- dim_date: compared whole, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DROP TABLE "covid19_staging"."dim_date";
-- fact_cases: compared in the months that differ, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DROP TABLE "covid19_staging"."fact_cases";
COMMIT;
