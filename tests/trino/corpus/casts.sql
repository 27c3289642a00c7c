-- CAST, TRY_CAST, TRY and literals.
SELECT CAST('12' AS integer), CAST('-12' AS bigint), CAST('+12' AS smallint), CAST('12' AS tinyint);
SELECT CAST(' 1' AS integer);
SELECT CAST('1 ' AS bigint);
SELECT CAST('' AS integer);
SELECT CAST('1.5' AS integer);
SELECT CAST('1e3' AS integer);
SELECT CAST('0x1F' AS integer);
SELECT CAST('abc' AS integer);
SELECT CAST('2147483648' AS integer);
SELECT CAST(2.5e0 AS integer), CAST(-2.5e0 AS integer), CAST(3.5e0 AS bigint), CAST(0.49999999999999994e0 AS bigint);
SELECT CAST(2.5 AS bigint), CAST(-0.5 AS integer), CAST(1.4999 AS integer);
SELECT CAST(1e10 AS integer);
SELECT CAST(nan() AS bigint);
SELECT CAST(128 AS tinyint);
SELECT CAST(70000 AS smallint);
SELECT CAST('1.5' AS double), CAST('1e3' AS double), CAST('-Infinity' AS double), CAST('NaN' AS double);
SELECT CAST(' 1.5 ' AS double);
SELECT CAST('1.5d' AS double);
SELECT CAST('inf' AS double);
SELECT CAST('1,5' AS double);
SELECT CAST(2.5e0 AS varchar), CAST(100e0 AS varchar), CAST(0e0 AS varchar), CAST(1e10 AS varchar);
SELECT CAST(-0e0 AS varchar);
SELECT CAST(x AS varchar) FROM (VALUES 0.001e0, 0.1e0, 1.5e-5, 1234567.125e0, 123456789.5e0, 1e21, 1e100, 2.3e-308, 1.7976931348623157e308, -1.5e0) AS t (x) ORDER BY x;
SELECT CAST(nan() AS varchar), CAST(infinity() AS varchar), CAST(-infinity() AS varchar);
SELECT CAST(REAL '0.1' AS varchar), CAST(REAL '-2.5' AS varchar), CAST(REAL '1000000' AS varchar);
-- refused: a real of more than seven digits is not written here
SELECT CAST(REAL '16777216' AS varchar);
SELECT CAST(1.50 AS varchar), CAST(-0.05 AS varchar), CAST(DECIMAL '100' AS varchar), CAST(12 AS varchar), CAST(true AS varchar), CAST(NULL AS varchar);
SELECT CAST('abc' AS varchar(2)), CAST(12345 AS varchar(5));
SELECT CAST(12345 AS varchar(3));
-- refused: the type CHAR(5) is not answered here
SELECT CAST('abc' AS char(5));
-- refused: the type CHAR(2) is not answered here
SELECT CAST('abc' AS char(2));
-- refused: the type CHAR(3) is not answered here
SELECT CAST('a' AS char(3)) = 'a';
SELECT CAST('1.005' AS decimal(10, 2)), CAST('1.5' AS decimal), CAST('-1e2' AS decimal(10, 2));
SELECT CAST(1.005e0 AS decimal(10, 2)), CAST(1.25e0 AS decimal(10, 1)), CAST(1e10 AS decimal(20, 2)), CAST(0.1e0 + 0.2e0 AS decimal(20, 17));
SELECT CAST(1.255 AS decimal(10, 2)), CAST(-1.255 AS decimal(10, 2)), CAST(5 AS decimal(3, 1)), CAST(true AS decimal(3, 1));
SELECT CAST(1000 AS decimal(4, 2));
SELECT CAST('abc' AS decimal(4, 2));
SELECT CAST(1.5 AS double), CAST(1 AS double), CAST(0.1 AS real), CAST(1.5 AS decimal(10, 3)), CAST(9007199254740993 AS double);
SELECT CAST('TRUE' AS boolean), CAST('f' AS boolean), CAST('1' AS boolean), CAST(0 AS boolean), CAST(2 AS boolean), CAST(0.1 AS boolean);
SELECT CAST('yes' AS boolean);
SELECT CAST(true AS integer), CAST(false AS bigint), CAST(true AS double);
SELECT CAST(DATE '2020-03-01' AS timestamp), CAST(TIMESTAMP '2020-03-01 13:05:09' AS date), CAST('2020-03-01 13:05:09.5' AS timestamp), CAST(TIMESTAMP '2020-03-01 13:05:09.999' AS timestamp(0));
SELECT CAST('2020-03-01' AS timestamp), CAST('2020-3-1 1:2' AS timestamp);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09.123456' AS timestamp), CAST(TIMESTAMP '2020-03-01 13:05:09.1235' AS timestamp(3));
SELECT CAST('2020-03-01 13:05:09.123456' AS timestamp(3)), CAST('2020-03-01 13:05:09.123456' AS timestamp(6));
SELECT CAST('3/1/2020' AS date);
SELECT CAST(' 2020-03-01 ' AS date);
SELECT CAST('2020-03-01T00:00:00' AS timestamp);
SELECT CAST(20200301 AS date);
SELECT CAST(DATE '2020-03-01' AS integer);
SELECT CAST(1 AS timestamp);
SELECT CAST(ARRAY[1, 2] AS array(varchar)), CAST(ARRAY['1', '2'] AS array(integer)), CAST(ARRAY[] AS array(integer));
SELECT CAST(MAP(ARRAY['a'], ARRAY['1']) AS map(varchar, integer));
SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).y, CAST(ROW(1, '2') AS ROW(x double, y integer));
SELECT TRY_CAST('1.5' AS integer), TRY_CAST('12' AS integer), TRY_CAST('99999999999' AS integer), TRY_CAST('' AS bigint), TRY_CAST(' 7 ' AS integer);
SELECT TRY_CAST('2020-02-30' AS date), TRY_CAST('2020-02-28' AS date), TRY_CAST('x' AS timestamp), TRY_CAST('2020-02-28 10:00:00' AS timestamp);
SELECT TRY_CAST('1e2' AS double), TRY_CAST('x' AS double), TRY_CAST('1.239' AS decimal(5, 2)), TRY_CAST('12345' AS decimal(4, 2)), TRY_CAST('maybe' AS boolean);
SELECT TRY_CAST(1e20 AS bigint), TRY_CAST(300 AS tinyint), TRY_CAST(NULL AS integer), TRY_CAST(12345 AS varchar(3));
SELECT TRY_CAST(s AS integer) FROM (VALUES '1', ' 2', '3 ', 'x', '', NULL) AS t (s) ORDER BY s;
SELECT try(1 / 0), try(CAST('x' AS integer)), try(1 / 1), coalesce(try(CAST('x' AS date)), DATE '1970-01-01');
SELECT try(10 / n) FROM (VALUES 0, 2, 5) AS t (n) ORDER BY n;
SELECT try(ARRAY[1][2]), try(element_at(ARRAY[1], 5)), try(CAST('1e400' AS double));
SELECT typeof(1);
SELECT typeof(1.5);
SELECT typeof(1e0);
-- refused: typeof of texts is not answered here, for their lengths are not known
SELECT typeof('a');
-- refused: typeof of texts is not answered here, for their lengths are not known
SELECT typeof(CAST('a' AS varchar));
SELECT typeof(NULL);
SELECT typeof(ARRAY[1]);
SELECT typeof(DATE '2020-03-01');
SELECT typeof(1 + 1.5);
SELECT typeof(1.5 * 2.25);
SELECT typeof(10.0 / 3);
SELECT typeof(2147483648);
SELECT typeof(1 / 2e0);
-- refused: typeof of texts is not answered here, for their lengths are not known
SELECT typeof(MAP(ARRAY['a'], ARRAY[1]));
-- refused: line 1, column 8: write numbers in plain decimal digits here
SELECT 1_000;
-- refused: line 1, column 11: write numbers in plain decimal digits here
SELECT 0xFF;
-- refused: line 1, column 8: write numbers in plain decimal digits here
SELECT 0b101;
-- refused: line 1, column 8: write numbers in plain decimal digits here
SELECT 0o17;
SELECT 9223372036854775807, -2147483648, 1.0, .5, 1., 1E3, 1e-3;
SELECT 9223372036854775808;
SELECT -9223372036854775808;
SELECT 'it''s', U&'caf\00E9', '', 'a\nb';
SELECT X'65', X'', X'CAFE';
SELECT DECIMAL '1.50';
SELECT DECIMAL '-0.05';
SELECT DECIMAL '123';
SELECT REAL '1.5';
SELECT DOUBLE '1.5';
SELECT BIGINT '12';
-- refused: the type CHAR is not answered here
SELECT CHAR 'abc';
SELECT BOOLEAN 'true';
SELECT CAST('12151fd2-7586-11e9-8f9e-2a86e4085a59' AS uuid);
-- refused: the type IPADDRESS is not answered here
SELECT CAST('192.168.1.1' AS ipaddress);
SELECT CAST(-2.5e0 AS integer);
SELECT CAST(3.5e0 AS bigint);
SELECT CAST(2.5 AS bigint);
SELECT CAST(-0.5 AS integer);
SELECT CAST(1.005e0 AS decimal(18, 2));
SELECT CAST(0.125 AS decimal(3, 2));
SELECT CAST(1.25e0 AS decimal(18, 1));
SELECT CAST('1.5' AS double);
SELECT CAST('1_000' AS integer);
SELECT try_cast('1.5' AS integer);
SELECT try_cast('12' AS integer);
SELECT try_cast('99999999999' AS integer);
SELECT try_cast('2020-02-30' AS date);
SELECT CAST(5000000000 AS integer);
SELECT CAST('2020-03-01' AS date);
SELECT CAST('2020-3-1' AS date);
SELECT CAST('today' AS date);
SELECT CAST('2020-03-01 13:05:09' AS timestamp);
SELECT CAST('2020-03-01T13:05:09' AS timestamp);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09' AS date);
SELECT CAST(DATE '2020-03-01' AS timestamp);
SELECT CAST(CAST(DATE '2020-03-01' AS timestamp) AS varchar);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09' AS varchar);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09.120' AS varchar);
SELECT CAST(CAST('2020-03-01 13:05:09' AS timestamp(3)) AS varchar);
SELECT DECIMAL '1.5' * 2;
SELECT REAL '0.1';
SELECT CAST('1' AS uuid);
SELECT CAST(DATE '2020-03-01' AS varchar);
SELECT CAST(2.5e0 AS varchar);
SELECT CAST(100e0 AS varchar);
SELECT CAST(1e10 AS varchar);
SELECT CAST(2.50 AS varchar);
SELECT CAST(12 AS varchar);
SELECT CAST(true AS varchar);
SELECT CAST('abc' AS varchar(2));
SELECT CAST('TRUE' AS boolean);
SELECT CAST('f' AS boolean);
SELECT CAST(true AS integer);
SELECT CAST(0 AS boolean);
-- Of columns, whose texts are judged row by row.
SELECT s, TRY_CAST(s AS integer), TRY_CAST(s AS bigint), TRY_CAST(s AS double), TRY_CAST(s AS decimal(10, 2)), TRY_CAST(s AS boolean) FROM (VALUES '1', '-1', '+1', ' 1', '1 ', '1.5', '.5', '5.', '1e2', '1e', 'x', '', '-', '1,000', '0x1F', 'NaN', 'Infinity', '-Infinity', 'inf', 'true', 'T', 'yes', '0', '99999999999', '1.005', '٣x', NULL) AS t (s) WHERE s NOT IN ('0x1F', '٣x') ORDER BY s;
-- refused: TRY_CAST: whether Athena reads 0x1F as double is not known here
SELECT TRY_CAST('0x1F' AS double);
-- refused: TRY_CAST: whether Athena reads ٣ as integer is not known here
SELECT TRY_CAST('٣' AS integer);
SELECT TRY_CAST('Curaçao' AS integer), TRY_CAST('Curaçao' AS double), TRY_CAST('Curaçao' AS date);
SELECT CAST(x AS varchar), CAST(CAST(x AS real) AS varchar), CAST(CAST(x AS decimal(20, 6)) AS varchar) FROM (VALUES 0.1e0, -2.5e0, 123456.789e0, 1e7, 9999999e0, 0.001e0, 0.00099e0, 100e0, 1e15) AS t (x) ORDER BY x;
SELECT CAST(x AS integer), CAST(x AS bigint), CAST(x AS decimal(10, 1)), CAST(x AS boolean) FROM (VALUES 0.5e0, -0.5e0, 1.5e0, 2.5e0, -1.5e0, 0.45e0, 0e0, 1e5) AS t (x) ORDER BY x;
SELECT CAST(x AS varchar), CAST(x AS integer), CAST(x AS double), CAST(x AS decimal(3, 0)) FROM (VALUES 0.05, -0.05, 1.50, -1.50, 2.50, 0.00, 99.99) AS t (x) ORDER BY x;
SELECT CAST(0.05 AS varchar), CAST(-0.5 AS varchar), CAST(.5 AS varchar), CAST(DECIMAL '0.00' AS varchar), CAST(CAST(0.1 AS decimal(38, 37)) AS varchar);
SELECT try(n / d), try(CAST(s AS integer)), coalesce(try(n / d), -1) FROM (VALUES (1, 0, 'x'), (4, 2, '7'), (NULL, 0, NULL)) AS t (n, d, s) ORDER BY n;
SELECT try(2147483647 + n), try(BIGINT '9223372036854775807' * n), try(CAST(n * 1000 AS tinyint)) FROM (VALUES 0, 1, 2) AS t (n) ORDER BY n;
SELECT try(n / d) + 1, sum(try(n / d)), count(try(n / d)) FROM (VALUES (1, 0), (4, 2)) AS t (n, d) GROUP BY 1 ORDER BY 1;
SELECT TRY_CAST(CAST(NULL AS varchar) AS date), CAST(NULL AS array(integer)), CAST(NULL AS map(varchar, integer)), CAST(NULL AS ROW(x integer));
SELECT CAST(a AS array(varchar)), CAST(a AS array(double)), CAST(ARRAY[a] AS array(array(bigint))) FROM (VALUES ARRAY[1, NULL, 3], ARRAY[], NULL) AS t (a) ORDER BY cardinality(a);
SELECT CAST(MAP(ARRAY['a'], ARRAY[1.5]) AS map(varchar, varchar)), CAST(MAP(ARRAY[1], ARRAY['2']) AS map(varchar, integer)), CAST(ROW(1, 2.5, 'x') AS ROW(a varchar, b double, c varchar));
SELECT CAST(ROW(1, ROW('a', 2)) AS ROW(x bigint, r ROW(y varchar, z double))).r.z;
-- Small numbers, whose texts have exponents.
SELECT x, CAST(x AS decimal(30, 6)), CAST(x AS decimal(38, 20)), format('%.6f', x), format('%.2f', x) FROM (VALUES 4.6e-7, 5e-7, 5.4e-7, -4.6e-7, 4.9999e-3, 1e-20, 1.5e17, 123456789012e0) AS t (x) ORDER BY x;
SELECT CAST(s AS decimal(30, 6)), TRY_CAST(s AS decimal(4, 2)) FROM (VALUES '4.6e-7', '46E-8', '-4.6e-7', '.5e1', '5.e-1', '1.005e1', '12e2', '1e-30', '99.995', '0.5E+0') AS t (s) ORDER BY s;
SELECT CAST('4.6e-7' AS decimal(10, 6)), CAST('1.005e1' AS decimal(10, 2)), CAST('12E2' AS decimal(10, 1));
-- refused: a real of more than seven digits is not written here
SELECT CAST(REAL '26.913345' AS varchar);
-- refused: TRY of this expression is not answered here
SELECT try(CAST(s AS integer) + 1) FROM (VALUES '1', 'x') AS t (s) ORDER BY s;
SELECT try(CAST(CAST(n AS varchar) AS tinyint)), try(CAST(n / (n - 1) AS varchar)), try(CAST(s AS date)) FROM (VALUES (1, '2020-03-01'), (300, 'x')) AS t (n, s) ORDER BY n;
