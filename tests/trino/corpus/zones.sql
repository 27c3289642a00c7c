-- Times with a zone, Unix times, ISO 8601.
SELECT TIMESTAMP '2020-03-01 13:05:09 UTC';
SELECT TIMESTAMP '2020-03-01 13:05:09 Europe/Rome';
SELECT TIMESTAMP '2020-03-01 13:05:09 +02:00';
SELECT TIMESTAMP '2020-03-01 13:05:09' AT TIME ZONE 'America/New_York';
SELECT TIMESTAMP '2020-07-01 13:05:09 UTC' AT TIME ZONE 'America/New_York';
SELECT TIMESTAMP '2020-07-01 13:05:09 UTC' AT TIME ZONE '+05:30';
SELECT at_timezone(TIMESTAMP '2020-07-01 13:05:09 UTC', 'Asia/Tokyo');
SELECT with_timezone(TIMESTAMP '2020-07-01 13:05:09', 'Asia/Tokyo');
SELECT CAST(TIMESTAMP '2020-07-01 23:30:00 UTC' AT TIME ZONE 'Europe/Rome' AS date);
SELECT CAST(TIMESTAMP '2020-07-01 23:30:00 UTC' AT TIME ZONE 'Europe/Rome' AS timestamp);
SELECT date(from_unixtime(1583067909) AT TIME ZONE 'America/Los_Angeles'), hour(from_unixtime(1583067909) AT TIME ZONE 'America/Los_Angeles');
SELECT date_trunc('day', TIMESTAMP '2020-03-01 02:00:00 UTC' AT TIME ZONE 'America/New_York');
SELECT date_format(from_unixtime(1583067909) AT TIME ZONE 'America/New_York', '%Y-%m-%d %H:%i');
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09 UTC' AT TIME ZONE 'America/New_York' AS varchar);
-- refused: timezone_hour is not answered here
SELECT timezone_hour(TIMESTAMP '2020-03-01 13:05:09 UTC' AT TIME ZONE 'Asia/Kolkata');
-- refused: timezone_minute is not answered here
SELECT timezone_minute(TIMESTAMP '2020-03-01 13:05:09 UTC' AT TIME ZONE 'Asia/Kolkata');
SELECT TIMESTAMP '2020-03-01 13:05:09 UTC' = TIMESTAMP '2020-03-01 14:05:09 Europe/Rome';
SELECT TIMESTAMP '2020-03-01 13:05:09 UTC' > TIMESTAMP '2020-03-01 13:05:08';
SELECT TIMESTAMP '2020-03-01 13:05:09 UTC' + INTERVAL '1' DAY;
SELECT TIMESTAMP '2020-03-07 13:00:00 America/New_York' + INTERVAL '1' DAY;
SELECT date_diff('hour', TIMESTAMP '2020-03-07 13:00:00 America/New_York', TIMESTAMP '2020-03-08 13:00:00 America/New_York');
SELECT from_unixtime(0), from_unixtime(1583067909.5), from_unixtime(-1);
SELECT from_unixtime(1583067909, 'Europe/Rome');
-- refused: from_unixtime(integer, integer, integer): Athena, or what is answered of it here, has no such
SELECT from_unixtime(1583067909, 2, 0);
-- refused: from_unixtime_nanos is not answered here
SELECT from_unixtime_nanos(1583067909123456789);
SELECT to_unixtime(TIMESTAMP '2020-03-01 13:05:09'), to_unixtime(TIMESTAMP '2020-03-01 13:05:09.250 UTC');
SELECT to_unixtime(TIMESTAMP '2020-03-01 13:05:09 America/New_York');
SELECT CAST(from_unixtime(1583067909) AS date), CAST(from_unixtime(1583067909) AS varchar);
SELECT CAST(to_unixtime(from_unixtime(1583067909)) AS bigint);
SELECT from_iso8601_timestamp('2020-03-01T13:05:09Z');
-- refused: from_iso8601_timestamp: how Athena reads 2020-03-01T13:05:09+02:00 is not answered here
SELECT from_iso8601_timestamp('2020-03-01T13:05:09+02:00');
SELECT from_iso8601_timestamp('2020-03-01');
SELECT CAST(from_iso8601_timestamp('2020-03-01T13:05:09.123Z') AS timestamp);
-- refused: from_iso8601_timestamp_nanos is not answered here
SELECT from_iso8601_timestamp_nanos('2020-03-01T13:05:09.123456Z');
SELECT to_iso8601(DATE '2020-03-01'), to_iso8601(TIMESTAMP '2020-03-01 13:05:09'), to_iso8601(TIMESTAMP '2020-03-01 13:05:09 UTC');
-- refused: to_iso8601 of timestamp(3) with time zone is not answered here in other zones than UTC
SELECT to_iso8601(TIMESTAMP '2020-03-01 13:05:09.123 UTC' AT TIME ZONE 'America/New_York');
SELECT current_timezone();
SELECT CAST('2020-03-01 13:05:09 UTC' AS timestamp with time zone);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09' AS timestamp with time zone);
SELECT CAST(DATE '2020-03-01' AS timestamp with time zone);
-- refused: Could not convert '2020-03-01 13:05:09 Europe/Rome' to timestamp(3) as Athena reads it
SELECT CAST('2020-03-01 13:05:09 Europe/Rome' AS timestamp);
SELECT max(at) FROM (VALUES TIMESTAMP '2020-03-01 13:05:09 UTC', TIMESTAMP '2020-03-01 13:05:10 UTC') AS t (at);
SELECT now() > from_unixtime(0);
SELECT typeof(now());
SELECT typeof(localtimestamp);
-- refused: current_timestamp is not answered here
SELECT typeof(current_timestamp(0));
SELECT CAST(from_unixtime(1583067909) AS timestamp);
SELECT CAST(from_unixtime(1583067909) AS varchar);
SELECT from_unixtime(0);
SELECT to_unixtime(TIMESTAMP '2020-03-01 13:05:09');
SELECT TIMESTAMP '2020-03-01 00:00:00 UTC';
SELECT TIMESTAMP '2020-03-01 00:00:00 Europe/Rome';
-- Summer time: an hour that is missing, and one that is there twice.
SELECT with_timezone(TIMESTAMP '2020-11-01 01:30:00', 'America/New_York'), to_unixtime(with_timezone(TIMESTAMP '2020-11-01 01:30:00', 'America/New_York'));
SELECT with_timezone(TIMESTAMP '2020-03-08 02:30:00', 'America/New_York');
SELECT TIMESTAMP '2020-10-25 00:30:00 UTC' AT TIME ZONE 'Europe/Rome', TIMESTAMP '2020-10-25 01:30:00 UTC' AT TIME ZONE 'Europe/Rome';
SELECT to_unixtime(TIMESTAMP '2020-10-25 02:30:00 Europe/Rome');
SELECT date_trunc('month', TIMESTAMP '2020-04-15 02:00:00 UTC' AT TIME ZONE 'America/New_York');
-- refused: date_trunc to a hour in another zone than UTC is not answered here
SELECT date_trunc('hour', TIMESTAMP '2020-04-15 02:10:00 UTC' AT TIME ZONE 'Asia/Kolkata');
SELECT date_add('hour', 5, TIMESTAMP '2020-03-07 23:00:00 America/New_York');
-- refused: date_add of a day in another zone than UTC is not answered here
SELECT date_add('day', 1, TIMESTAMP '2020-03-07 13:00:00 America/New_York');
-- refused: date_diff in units of a day is answered of times in UTC only
SELECT date_diff('day', TIMESTAMP '2020-03-07 13:00:00 America/New_York', TIMESTAMP '2020-03-08 13:00:00 America/New_York');
SELECT TIMESTAMP '2020-03-08 12:00:00 UTC' - TIMESTAMP '2020-03-07 12:00:00 America/New_York';
SELECT year(t AT TIME ZONE 'Asia/Tokyo'), month(t AT TIME ZONE 'Asia/Tokyo'), day(t AT TIME ZONE 'Asia/Tokyo'), minute(t AT TIME ZONE 'Asia/Kolkata') FROM (VALUES TIMESTAMP '2019-12-31 20:00:00 UTC', NULL) AS x (t) ORDER BY t;
SELECT day_of_week(t AT TIME ZONE '+14:00'), date(t AT TIME ZONE '-11:00') FROM (VALUES TIMESTAMP '2020-03-01 11:00:00 UTC') AS x (t);
SELECT format_datetime(TIMESTAMP '2020-03-01 20:00:00 UTC' AT TIME ZONE 'Asia/Tokyo', 'yyyy-MM-dd HH:mm'), last_day_of_month(TIMESTAMP '2020-02-29 20:00:00 UTC' AT TIME ZONE 'Asia/Tokyo');
SELECT count(*), date_trunc('day', t AT TIME ZONE 'America/New_York') FROM (VALUES TIMESTAMP '2020-03-01 03:00:00 UTC', TIMESTAMP '2020-03-01 06:00:00 UTC') AS x (t) GROUP BY 2 ORDER BY 2;
SELECT coalesce(t, TIMESTAMP '2020-03-01 00:00:00') FROM (VALUES TIMESTAMP '2020-03-01 03:00:00 UTC', NULL) AS x (t) ORDER BY 1;
-- refused: CASE: times of two zones, UTC and Asia/Tokyo, in one column are not answered here
SELECT CASE WHEN true THEN TIMESTAMP '2020-03-01 00:00:00 UTC' ELSE TIMESTAMP '2020-03-01 00:00:00 Asia/Tokyo' END;
SELECT TIMESTAMP '2020-03-01 00:00:00' AT TIME ZONE 'Mars/Base';
SELECT TIMESTAMP '2020-03-01 00:00:00' AT TIME ZONE 'EST';
SELECT TIMESTAMP '2020-03-01 00:00:00 UTC' BETWEEN TIMESTAMP '2020-02-29 23:00:00' AND DATE '2020-03-01';
SELECT from_unixtime(-0.5), from_unixtime(-1.0005), from_unixtime(1.0005), from_unixtime(NULL);
SELECT from_unixtime(1583067909123 / 1000), from_unixtime(1583067909123 / 1e3), from_unixtime(CAST('1583067909' AS bigint));
SELECT CAST(from_unixtime(0) AS timestamp(0)), CAST(TIMESTAMP '2020-03-01 10:00:00.5 UTC' AS timestamp(0));
SELECT from_iso8601_timestamp(s) FROM (VALUES '2020-03-01T13:05:09Z', '2020-03-01T13:05', '2020-03-01', '2020-03-01T13:05:09.5Z', NULL) AS t (s) ORDER BY s;
-- refused: TRY of this expression is not answered here
SELECT try(from_iso8601_timestamp('no time'));
SELECT from_iso8601_timestamp('2020-03-01 13:05:09');
