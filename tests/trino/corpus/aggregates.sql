-- Aggregates, estimates among them, and GROUPING SETS.
SELECT count(*), count(1), count(n), count_if(n > 1), sum(n), avg(n), min(n), max(n) FROM (VALUES 1, 2, NULL, 4) AS t (n);
SELECT sum(DISTINCT n), avg(DISTINCT n), count(DISTINCT n % 2) FROM (VALUES 1, 2, 2, 3) AS t (n);
SELECT count(DISTINCT (a, b)), count(DISTINCT a || b) FROM (VALUES ('x', 'y'), ('x', 'y'), ('z', NULL)) AS t (a, b);
SELECT count(DISTINCT a, b) FROM (VALUES ('x', 'y')) AS t (a, b);
SELECT max(s), min(s), max(d), min(b), max(b) FROM (VALUES ('b', DATE '2020-03-01', true), ('B', NULL, false)) AS t (s, d, b);
-- refused: min(integer, integer): Athena, or what is answered of it here, has no such arguments
SELECT min(n, 2), max(n, 2) FROM (VALUES 3, 1, 2) AS t (n);
-- refused: max_by(varchar, integer, integer): Athena, or what is answered of it here, has no such arguments
SELECT max_by(s, n), min_by(s, n), max_by(s, n, 2) FROM (VALUES ('a', 1), ('b', 3), ('c', 2)) AS t (s, n);
SELECT max_by(s, n), min_by(s, n) FROM (VALUES ('a', NULL), (NULL, 3), ('c', 2)) AS t (s, n);
SELECT max_by(s, n) FROM (VALUES ('a', CAST(NULL AS integer))) AS t (s, n);
SELECT arbitrary(n), any_value(n) FROM (VALUES NULL, 7) AS t (n);
SELECT listagg(s, ', ') WITHIN GROUP (ORDER BY s DESC), array_join(array_agg(s ORDER BY s), '|') FROM (VALUES 'a', 'c', 'b', NULL) AS t (s);
SELECT listagg(DISTINCT s, ',') WITHIN GROUP (ORDER BY s) FROM (VALUES 'b', 'a', 'b') AS t (s);
SELECT stddev(n), stddev_pop(n), stddev_samp(n), variance(n), var_pop(n), var_samp(n) FROM (VALUES 1, 2, 4) AS t (n);
-- refused: skewness is not answered here
SELECT stddev(x), variance(x), skewness(x), kurtosis(x) FROM (VALUES 1.5e0, 2e0, 4e0, 8e0) AS t (x);
SELECT corr(y, x), covar_pop(y, x), covar_samp(y, x), regr_slope(y, x), regr_intercept(y, x) FROM (VALUES (1e0, 2e0), (2e0, 4e0), (4e0, 5e0)) AS t (x, y);
SELECT corr(y, x), covar_pop(y, x), regr_slope(y, x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT geometric_mean(n) FROM (VALUES 1, 2, 4) AS t (n);
SELECT bitwise_and_agg(n), bitwise_or_agg(n), bitwise_xor_agg(n) FROM (VALUES 12, 10) AS t (n);
-- refused: checksum is not answered here
SELECT checksum(n) FROM (VALUES 1, 2) AS t (n);
SELECT approx_distinct(n) FROM (VALUES 1, 2, 2, NULL) AS t (n);
-- within 0.05: an estimate; the lake counts
SELECT approx_distinct(n % 1000) FROM UNNEST(sequence(1, 10000)) AS t (n);
-- within 0.05: an estimate; the lake counts
SELECT approx_distinct(n, 0.01) FROM UNNEST(sequence(1, 10000)) AS t (n);
SELECT approx_percentile(n, 0.5) FROM (VALUES 1, 2, 3, 4, 100) AS t (n);
SELECT approx_percentile(n, 0.5) FROM UNNEST(sequence(1, 1000)) AS t (n);
SELECT approx_percentile(n * 1e0, 0.9) FROM UNNEST(sequence(1, 10000)) AS t (n);
SELECT approx_percentile(n, ARRAY[0.25, 0.5, 0.75]) FROM UNNEST(sequence(1, 1000)) AS t (n);
-- refused: approx_percentile(integer, integer, decimal(1,1)): Athena, or what is answered of it here, has no
SELECT approx_percentile(n, w, 0.5) FROM (VALUES (1, 1), (10, 9)) AS t (n, w);
-- refused: approx_most_frequent is not answered here
SELECT approx_most_frequent(2, s, 10) FROM (VALUES 'a', 'b', 'a') AS t (s);
-- refused: numeric_histogram is not answered here
SELECT numeric_histogram(2, x) FROM (VALUES 1e0, 2e0, 9e0) AS t (x);
SELECT g, s, sum(n) FROM (VALUES ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 4)) AS t (g, s, n) GROUP BY GROUPING SETS ((g, s), (g), ()) ORDER BY g, s;
SELECT g, s, sum(n), grouping(g, s) FROM (VALUES ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 4)) AS t (g, s, n) GROUP BY ROLLUP (g, s) ORDER BY grouping(g, s), g, s;
SELECT g, s, sum(n), grouping(g), grouping(s) FROM (VALUES ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 4)) AS t (g, s, n) GROUP BY CUBE (g, s) ORDER BY 4, 5, 1, 2;
SELECT g, s, count(*) FROM (VALUES ('a', 'x'), (NULL, 'x')) AS t (g, s) GROUP BY GROUPING SETS ((g), (s)) ORDER BY g, s;
SELECT g, sum(n) FROM (VALUES ('a', 1)) AS t (g, n) WHERE n > 5 GROUP BY ROLLUP (g);
SELECT g, s, sum(n) FROM (VALUES ('a', 'x', 1), ('b', 'x', 4)) AS t (g, s, n) GROUP BY g, ROLLUP (s) ORDER BY g, s;
SELECT coalesce(g, 'all') AS g, count(*) FROM (VALUES 'a', 'b') AS t (g) GROUP BY ROLLUP (g) ORDER BY 1;
SELECT g, count(*) FROM (VALUES 'a', 'b', 'a') AS t (g) GROUP BY g HAVING count(*) > 1 ORDER BY g;
SELECT g, sum(n) FILTER (WHERE n > 1), count(*) FILTER (WHERE n IS NULL), max(n) FILTER (WHERE n > 9) FROM (VALUES ('a', 1), ('a', 2), ('b', NULL)) AS t (g, n) GROUP BY g ORDER BY g;
SELECT upper(g) AS g, count(*) FROM (VALUES 'a', 'A') AS t (g) GROUP BY upper(g);
SELECT n % 2 = 0 AS even, sum(n) FROM (VALUES 1, 2, 3) AS t (n) GROUP BY 1 ORDER BY 1;
SELECT date_trunc('month', d) AS m, count(*) FROM (VALUES DATE '2020-03-01', DATE '2020-03-31', DATE '2020-04-01') AS t (d) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM (VALUES 1) AS t (n) GROUP BY ();
SELECT sum(CASE WHEN n > 1 THEN 1 ELSE 0 END), sum(if(n > 1, n)), sum(CAST(n AS double)) / 3 FROM (VALUES 1, 2, 3) AS t (n);
SELECT avg(CAST(n AS decimal(10, 2))), sum(CAST(n AS decimal(10, 2))), avg(n / 3.0) FROM (VALUES 1, 2, 2) AS t (n);
SELECT sum(x), avg(x) FROM (VALUES REAL '0.1', REAL '0.2') AS t (x);
SELECT sum(n) FROM (VALUES CAST(1 AS tinyint), CAST(127 AS tinyint)) AS t (n);
SELECT sum(s) FROM (VALUES 'a') AS t (s);
SELECT avg(s) FROM (VALUES '1') AS t (s);
SELECT max(n) + 1, n FROM (VALUES 1) AS t (n);
-- refused: reduce_agg with a function x -> y is not answered here
SELECT reduce_agg(n, 0, (a, b) -> a + b, (a, b) -> a + b) FROM (VALUES 1, 2, 3) AS t (n);
SELECT set_agg FROM (SELECT array_sort(array_agg(DISTINCT n)) AS set_agg FROM (VALUES 2, 1, 2) AS t (n));
SELECT median(n) FROM (VALUES 1, 2) AS t (n);
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM (VALUES 1, 2) AS t (n);
SELECT string_agg(s, ',') FROM (VALUES 'a') AS t (s);
SELECT group_concat(s) FROM (VALUES 'a') AS t (s);
SELECT entropy(n), first(n) FROM (VALUES 1) AS t (n);
SELECT sum(n) / 2 FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT avg(n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT count(s) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT count(DISTINCT s) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT max(s || '|@{0}') FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT sum(length(s || '||')) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT array_agg(s || '@' ORDER BY n) FILTER (WHERE s IS NOT NULL) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT count_if(n > 1) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT count(*) FILTER (WHERE n > 1) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT max(s) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT max_by(s, n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT min_by(n, d) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT array_agg(s ORDER BY n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT array_agg(s ORDER BY s DESC) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT listagg(s, ',') WITHIN GROUP (ORDER BY s) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT stddev(n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT stddev(n) FROM (VALUES 1) AS t (n);
SELECT var_pop(n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT bool_and(n > 1) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d);
SELECT sum(n) FROM (VALUES (1, 'a', DATE '2020-03-01'), (2, NULL, NULL), (4, 'B', DATE '2020-03-02')) AS t (n, s, d) WHERE n > 9;
SELECT sum(n) FROM (VALUES CAST(9223372036854775806 AS bigint), 1) AS t (n);
SELECT sum(n) FROM (VALUES CAST(9223372036854775807 AS bigint), 1) AS t (n);
SELECT sum(n) FROM (VALUES 1.5, 2.25) AS t (n);
SELECT approx_distinct(n) FROM (VALUES 1, 2) AS t (n);
SELECT approx_percentile(n, 0.5) FROM (VALUES 1, 2) AS t (n);
-- refused: min(integer, integer): Athena, or what is answered of it here, has no such arguments
SELECT min(n, 2) FROM (VALUES 1, 2) AS t (n);
SELECT histogram(n) FROM (VALUES 1, 2) AS t (n);
SELECT sum(s) FROM (VALUES '1', '2') AS t (s);
