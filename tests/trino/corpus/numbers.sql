-- Integers, their overflow, decimals and doubles.
SELECT 7 / 2, -7 / 2, 7 / -2, 7 % 2, -7 % 2, 7 % -2, mod(-7, 2);
SELECT 1 / 0;
SELECT 1 % 0;
SELECT 1.5 / 0;
SELECT 1e0 / 0, -1e0 / 0, 0e0 / 0;
SELECT 7.5e0 % 2, 1e0 % 0, -7.5e0 % 2;
SELECT 7.5 % 2, 7.25 % 0.5, -7.5 % 2, mod(10.5, 3);
SELECT 2147483647 + 1;
SELECT 2147483647 * 2;
SELECT -2147483648 - 1;
SELECT BIGINT '9223372036854775807' + 1;
SELECT 2147483647 + BIGINT '1';
SELECT 65535 * 65535 / 1e0;
SELECT 65535 * 65535;
SELECT abs(-2147483648);
SELECT CAST(100 AS tinyint) + CAST(100 AS tinyint);
SELECT sum(x) FROM (VALUES 2147483647, 2147483647) AS t (x);
SELECT sum(x) FROM (VALUES BIGINT '9223372036854775807', 1) AS t (x);
SELECT 10.0 / 3, 100.0 * 1 / 3, -5.0 / 3, 0.5 / 10, 1.00 / 3, 1 / 3.000, 2 / 3.0;
SELECT 1.5 + 2, 1.5 * 2, 1.5 - 2.25, 1.25 * 1.25, -1.5, 1.10 + 1.1, 1.5 + 2e0;
SELECT 1.0 * 2.00 * 3.000, CAST(1 AS decimal(38, 10)) * CAST(3 AS decimal(10, 5));
SELECT CAST(1 AS decimal(38, 0)) / 3, CAST(1 AS decimal(38, 10)) / CAST(3 AS decimal(38, 10));
SELECT DECIMAL '99999999999999999999999999999999999999' + 1;
SELECT DECIMAL '99999999999999999999.99' * DECIMAL '99999999999999999999.99';
SELECT 1.0 = 1.00, 1 = 1.0, 1e0 = 1, 0.1 + 0.2 = 0.3, 0.1e0 + 0.2e0 = 0.3e0;
SELECT 0.1e0 + 0.2e0, 1e0 / 3, 2e0 / 3 * 3, 1e15 + 0.3e0, 123456789.123e0 * 1000;
SELECT sum(x), avg(x), min(x), max(x) FROM (VALUES 1.5, 2.25, 3.0) AS t (x);
SELECT avg(x) FROM (VALUES 1.0, 2.0, 2.0) AS t (x);
SELECT avg(x) FROM (VALUES 1, 2, 4) AS t (x);
SELECT sum(x) / count(*), 100.0 * sum(x) / count(*), sum(x) * 1e0 / count(*) FROM (VALUES 1, 2, 4) AS t (x);
SELECT round(100.0 * 1 / 3, 1), round(2e0 / 3, 3), CAST(1 AS double) / 3;
SELECT round(2.5), round(-2.5), round(2.45, 1), round(1.2345, 2), round(-1.005, 2), round(12345.678, -2);
SELECT round(2.5e0), round(-2.5e0), round(3.5e0), round(1.005e0, 2), round(2.675e0, 2), round(1.25e0, 1), round(1234.5678e0, -2), round(0.285e0, 2);
SELECT round(5), round(1250, -2), round(-1250, -2), round(BIGINT '15', -1);
SELECT round(nan(), 1), round(infinity(), 2), round(1e300, 2), round(-0.4e0);
SELECT ceil(1.2), ceiling(-1.2), floor(-1.2), floor(1.8), ceil(1.2e0), floor(-1.5e0), ceil(3), floor(CAST(3 AS bigint));
SELECT truncate(1.99), truncate(-1.99e0), truncate(1.987, 2), truncate(12345.678, -2);
SELECT abs(-3), abs(-3.5), abs(-3e0), sign(-2), sign(-2.5), sign(-2.5e0), sign(0);
SELECT power(2, 10);
SELECT pow(2, 0.5);
SELECT sqrt(2);
-- within 1e-15: the last digit of functions that are computed in steps
SELECT cbrt(27);
SELECT exp(1);
SELECT ln(10);
SELECT log10(1000);
SELECT log2(8);
SELECT log(2, 8);
SELECT log(10, 1000);
SELECT sqrt(-1), ln(0), ln(-1), power(0, 0), log10(-1), acos(2);
SELECT pi();
SELECT e();
SELECT degrees(pi());
SELECT radians(180);
SELECT sin(1);
SELECT cos(1);
SELECT tan(1);
SELECT asin(1);
SELECT acos(0.5);
SELECT atan(1);
SELECT atan2(1, 2);
SELECT sinh(1);
-- within 1e-15: the last digit of functions that are computed in steps
SELECT cosh(1);
SELECT tanh(1);
SELECT is_nan(nan()), is_nan(1e0), is_finite(1e0), is_infinite(infinity()), nan() = nan(), nan() > 1e0, nan() <> nan();
SELECT greatest(1, 2, 3), least(1, 2.5, 3e0), greatest(1, NULL), least('b', 'a'), greatest(nan(), 1e0);
SELECT width_bucket(5.5, 0, 10, 5);
SELECT width_bucket(-1, 0, 10, 5);
SELECT width_bucket(11, 0, 10, 5);
-- refused: width_bucket(double, array(double)): Athena, or what is answered of it here, has no such arguments
SELECT width_bucket(3e0, ARRAY[1e0, 2e0, 5e0]);
SELECT to_base(255, 16);
-- refused: from_base is not answered here
SELECT from_base('ff', 16);
SELECT to_base(10, 2);
-- refused: from_base is not answered here
SELECT from_base('-101', 2);
SELECT bitwise_and(12, 10);
SELECT bitwise_or(12, 10);
SELECT bitwise_xor(12, 10);
SELECT bitwise_not(12);
-- refused: bitwise_left_shift is not answered here
SELECT bitwise_left_shift(1, 4);
-- refused: bitwise_right_shift is not answered here
SELECT bitwise_right_shift(16, 2);
-- refused: bit_count is not answered here
SELECT bit_count(7, 64);
SELECT mod(5, 0);
SELECT mod(5e0, 0), mod(5.5, 2.0);
SELECT 1 + NULL;
SELECT 1 / NULL;
-- refused: the column _col0 has a value that does not fit into Athena's type decimal(4,2): Precision is not
SELECT CAST(NULL AS decimal(2, 1)) * 2.5;
SELECT -CAST(NULL AS integer);
SELECT abs(CAST(NULL AS integer));
SELECT 1 = '1';
SELECT 'a' + 1;
SELECT -(-1), - -1, +1, 2 - -3;
SELECT 1 + 2 * 3 - 4 / 2 % 2, (1 + 2) * 3;
SELECT 5 BETWEEN 1 AND 10, 5 NOT BETWEEN 1 AND 10, 5 BETWEEN 10 AND 1, 2.5 BETWEEN 2 AND 3, NULL BETWEEN 1 AND 2;
SELECT rand() < 1, random(10) < 10, random(5, 10) >= 5;
-- refused: cosine_similarity is not answered here
SELECT cosine_similarity(MAP(ARRAY['a'], ARRAY[1e0]), MAP(ARRAY['a'], ARRAY[2e0]));
-- refused: normal_cdf is not answered here
SELECT normal_cdf(0, 1, 1.96);
-- refused: inverse_normal_cdf is not answered here
SELECT inverse_normal_cdf(0, 1, 0.5);
-- refused: format_number is not answered here
SELECT format_number(1234567);
-- refused: format_number is not answered here
SELECT format_number(999);
SELECT CAST(x AS decimal(18, 2)) / 7 FROM (VALUES 1, 10, 100) AS t (x) ORDER BY x;
SELECT x * 1.0 / sum(x) OVER () FROM (VALUES 1, 2, 4) AS t (x) ORDER BY x;
SELECT 7 / 2;
SELECT -7 / 2;
SELECT -7 % 2;
SELECT mod(7, -2);
SELECT 1e0 / 4;
SELECT 1e0 / 0;
SELECT 7.5e0 % 2;
SELECT 10.0 / 3;
SELECT 100.0 * 1 / 3;
SELECT -5.0 / 3;
SELECT 0.5 / 10;
SELECT 1.00 / 3;
SELECT 1 / 3.000;
SELECT 1.5 * 2;
SELECT 1.5 + 2;
SELECT 1.5 + 2e0;
SELECT round(2.5e0);
SELECT round(-2.5e0);
SELECT round(3.5e0);
SELECT round(1.2345, 2);
SELECT round(2.5);
SELECT round(1.25e0, 1);
SELECT round(5);
SELECT round(1250, -2);
SELECT ceil(1.2);
SELECT ceil(1.2e0);
SELECT ceil(3);
SELECT floor(-1.5e0);
SELECT truncate(-1.5e0);
SELECT abs(-3);
SELECT sign(-2.5e0);
SELECT sqrt(2.25);
SELECT log(8);
SELECT greatest(1, NULL);
SELECT least(1, 2, CAST(NULL AS integer));
SELECT greatest(1, 2, 3);
SELECT cot(1);
-- Of columns.
SELECT n, n / 2, n % 2, n / 2.0, n / 2e0, n * n, abs(n), sign(n), round(n, -1), n BETWEEN -1 AND 1 FROM (VALUES -3, -1, 0, 7, 15, NULL) AS t (n) ORDER BY n;
SELECT x, round(x), round(x, 1), ceil(x), floor(x), truncate(x), CAST(x AS integer) FROM (VALUES -2.55, -0.45, 0.00, 0.45, 2.55, 2.45, NULL) AS t (x) ORDER BY x;
SELECT x, round(x), round(x, 1), round(x, 2), ceil(x), floor(x), truncate(x) FROM (VALUES -2.55e0, -0.45e0, 0e0, 0.45e0, 2.55e0, 2.675e0, 1.005e0, 1e20, 5e-5, NULL) AS t (x) ORDER BY x;
SELECT a / b, a * b, a + b, a - b, a % b FROM (VALUES (1.50, 0.7), (-10.25, 3.0), (0.01, 99.9), (NULL, 1.0)) AS t (a, b) ORDER BY a;
SELECT CAST(a AS decimal(18, 2)) / CAST(b AS decimal(18, 4)), CAST(a AS decimal(10, 0)) / b, a / 7 FROM (VALUES (1.50, 7), (-10.25, 3), (2.00, -3)) AS t (a, b) ORDER BY a;
SELECT sum(x), avg(x), sum(x) / count(*), max(x) - min(x), avg(DISTINCT x) FROM (VALUES 1.005, 2.005, -3.333, 1.005, NULL) AS t (x);
SELECT g, avg(x), avg(n), avg(CAST(n AS double)) FROM (VALUES ('a', 0.5, 1), ('a', 0.4, 2), ('b', -0.5, 3), ('b', -0.4, 4), ('c', NULL, NULL)) AS t (g, x, n) GROUP BY g ORDER BY g;
SELECT x, avg(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 0.1, 0.2, 0.4, 0.45) AS t (x) ORDER BY x;
SELECT 1e0 / x, x / 0, x % 0, -x / 0 FROM (VALUES 0e0, -1e0, 2e0, nan(), infinity(), NULL) AS t (x) ORDER BY x;
SELECT x < 1, x > 1, x = x, x <> x, x IN (1, nan()), x BETWEEN 0 AND 1, greatest(x, 1e0), least(x, 1e0), nullif(x, x), x IS DISTINCT FROM x FROM (VALUES nan(), 1e0, NULL) AS t (x) ORDER BY x;
SELECT power(x, 2), power(2, x), sqrt(abs(x)), exp(x), ln(abs(x) + 1) FROM (VALUES -2, 0, 3) AS t (x) ORDER BY x;
SELECT width_bucket(x, 0, 10, 4) FROM (VALUES -1e0, 0e0, 2.5e0, 9.99e0, 10e0, 11e0) AS t (x) ORDER BY x;
-- refused: width_bucket between falling bounds is not answered here
SELECT width_bucket(x, 10, 0, 4) FROM (VALUES -1e0, 0e0, 2.5e0, 9.99e0, 10e0, 11e0) AS t (x) ORDER BY x;
SELECT REAL '0.1' + REAL '0.2', REAL '1' / 3, REAL '0.1' + 0.2e0, REAL '0.1' = 0.1e0, CAST(REAL '0.1' AS double), REAL '16777217';
SELECT sum(x), avg(x), max(x), min(x) FROM (VALUES 0.1e0, 0.2e0, 0.3e0) AS t (x);
SELECT max(x), min(x), max_by(n, n) FROM (VALUES (nan(), 1), (1e0, 2), (NULL, 3)) AS t (x, n);
SELECT n, max(x) OVER (ORDER BY n), max(x) FILTER (WHERE n > 1) FROM (VALUES (1, nan()), (2, 1e0), (3, NULL)) AS t (n, x) GROUP BY n, x ORDER BY n;
SELECT truncate(x, 1), truncate(x, -1), x % 0.1, x % 7 FROM (VALUES -399.900, 399.999, 0.050, -0.050) AS t (x) ORDER BY x;
SELECT CAST(x AS decimal(38, 10)) % CAST(0.1 AS decimal(38, 10)) FROM (VALUES -399.9, 0.3) AS t (x) ORDER BY x;
