-- UNNEST, VALUES, joins, subqueries and set operations.
SELECT x FROM UNNEST(ARRAY[3, 1, NULL]) AS t (x) ORDER BY x;
SELECT x, n FROM UNNEST(ARRAY['b', 'a']) WITH ORDINALITY AS t (x, n) ORDER BY n;
SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x', 'y', 'z']) AS t (a, b) ORDER BY b;
SELECT a, b, n FROM UNNEST(ARRAY[1, 2], ARRAY['x', 'y', 'z']) WITH ORDINALITY AS t (a, b, n) ORDER BY n;
SELECT id, x FROM (VALUES (1, ARRAY[10, 20]), (2, ARRAY[]), (3, NULL)) AS t (id, a) CROSS JOIN UNNEST(a) AS u (x) ORDER BY id, x;
SELECT id, x FROM (VALUES (1, ARRAY[10, 20]), (2, ARRAY[]), (3, NULL)) AS t (id, a) LEFT JOIN UNNEST(a) AS u (x) ON TRUE ORDER BY id, x;
SELECT id, x, n FROM (VALUES (1, ARRAY['a', 'b']), (2, ARRAY['c'])) AS t (id, a) CROSS JOIN UNNEST(a) WITH ORDINALITY AS u (x, n) ORDER BY id, n;
SELECT id, k, v FROM (VALUES (1, MAP(ARRAY['a', 'b'], ARRAY[1, 2]))) AS t (id, m) CROSS JOIN UNNEST(m) AS u (k, v) ORDER BY k;
SELECT id, x FROM (VALUES (1, 'a,b'), (2, 'c')) AS t (id, s), UNNEST(split(s, ',')) AS u (x) ORDER BY id, x;
SELECT x FROM UNNEST(ARRAY[1, 2]) AS x;
-- refused: name all columns of UNNEST: UNNEST(x) AS t
SELECT * FROM UNNEST(ARRAY[1, 2]) ORDER BY 1;
SELECT t.x + u.y FROM UNNEST(ARRAY[1, 2]) AS t (x) CROSS JOIN UNNEST(ARRAY[10, 20]) AS u (y) ORDER BY 1;
SELECT a.n, b.n FROM UNNEST(sequence(1, 3)) AS a (n) JOIN UNNEST(sequence(2, 4)) AS b (n) ON a.n = b.n ORDER BY 1;
SELECT n FROM UNNEST(sequence(1, 3)) AS t (n) WHERE n NOT IN (SELECT 2);
SELECT x, y FROM UNNEST(ARRAY[ARRAY[1, 2], ARRAY[3]]) AS t (x) CROSS JOIN UNNEST(x) AS u (y) ORDER BY y;
VALUES (1, 'a'), (2, NULL);
VALUES 1, 2, 3;
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (n, s) ORDER BY n DESC;
SELECT * FROM (VALUES (1), (2)) AS t (n), (VALUES ('a'), ('b')) AS u (s) ORDER BY n, s;
SELECT t.n, u.s FROM (VALUES 1, 2, NULL) AS t (n) LEFT JOIN (VALUES (1, 'a'), (NULL, 'b')) AS u (n, s) ON t.n = u.n ORDER BY t.n, u.s;
SELECT t.n, u.n FROM (VALUES 1, 2) AS t (n) FULL OUTER JOIN (VALUES 2, 3) AS u (n) ON t.n = u.n ORDER BY 1, 2;
SELECT * FROM (VALUES (1, 'a')) AS t (n, s) JOIN (VALUES (1, 'b')) AS u (n, z) USING (n);
SELECT n, t.s, u.z FROM (VALUES (1, 'a'), (2, 'c')) AS t (n, s) FULL JOIN (VALUES (1, 'b'), (3, 'd')) AS u (n, z) USING (n) ORDER BY n;
SELECT * FROM (VALUES 1) AS t (n) NATURAL JOIN (VALUES 1) AS u (n);
SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 ORDER BY 1;
SELECT 1 AS n UNION ALL SELECT 2.5 ORDER BY n;
SELECT 1 UNION SELECT 'a';
SELECT n FROM (VALUES 1, 2, 2, NULL) AS t (n) INTERSECT SELECT n FROM (VALUES 2, NULL) AS u (n) ORDER BY 1;
SELECT n FROM (VALUES 1, 2, 2, 3) AS t (n) EXCEPT SELECT 3 ORDER BY 1;
SELECT n FROM (VALUES 2, 2) AS t (n) INTERSECT ALL SELECT n FROM (VALUES 2, 2, 2) AS u (n);
SELECT n FROM (VALUES 1, 2, 3) AS t (n) WHERE n IN (1, NULL);
SELECT n FROM (VALUES 1, 2, 3) AS t (n) WHERE n NOT IN (1, NULL);
SELECT count(*) FROM (VALUES 1, 2) AS t (n) WHERE n NOT IN (SELECT x FROM (VALUES 1, NULL) AS u (x));
SELECT n FROM (VALUES 1, 2) AS t (n) WHERE EXISTS (SELECT 1 FROM (VALUES 2) AS u (m) WHERE m = n);
SELECT n, (SELECT max(m) FROM (VALUES 1, 5) AS u (m) WHERE m > n) FROM (VALUES 1, 9) AS t (n) ORDER BY n;
SELECT (SELECT n FROM (VALUES 1, 2) AS t (n));
SELECT (SELECT n FROM (VALUES 1) AS t (n) WHERE n > 1);
SELECT 3 > ALL (SELECT n FROM (VALUES 1, 2) AS t (n));
SELECT 1 = ANY (SELECT n FROM (VALUES 1, 2) AS t (n));
-- refused: some is not answered here: write ANY, which means the same
SELECT 3 < SOME (VALUES 1, 2);
WITH a AS (SELECT 1 AS n), b (m) AS (SELECT n + 1 FROM a) SELECT a.n, b.m FROM a CROSS JOIN b;
-- refused: WITH RECURSIVE is not answered here
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r ORDER BY n;
-- refused: LATERAL is not answered here
SELECT t.n FROM (VALUES 1, 2, 3) AS t (n) CROSS JOIN LATERAL (SELECT t.n * 2 AS m) AS u WHERE u.m > 2 ORDER BY 1;
SELECT n FROM (VALUES 3, 1, 2) AS t (n) ORDER BY n OFFSET 1 LIMIT 1;
SELECT n FROM (VALUES 3, 1, 2) AS t (n) ORDER BY n OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY;
-- refused: FETCH FIRST … WITH TIES is not answered here
SELECT n FROM (VALUES 1, 1, 2) AS t (n) ORDER BY n FETCH FIRST 1 ROW WITH TIES;
SELECT n FROM (VALUES 1) AS t (n) LIMIT ALL;
SELECT DISTINCT n, s FROM (VALUES (1, 'a'), (1, 'a'), (1, NULL), (1, NULL)) AS t (n, s) ORDER BY s;
SELECT 1 AS "Case", 2 AS b, 3;
SELECT "a.b", T."x y" FROM (VALUES (1, 2)) AS T ("a.b", "x y");
SELECT n AS m FROM (VALUES 1) AS t (n) WHERE m = 1;
SELECT n + 1 AS m, m + 1 FROM (VALUES 1) AS t (n);
SELECT n AS m, count(*) FROM (VALUES 1, 1) AS t (n) GROUP BY m;
SELECT n, count(*) FROM (VALUES 1, 1) AS t (n) GROUP BY 1 HAVING count(*) > 1;
SELECT n, s FROM (VALUES (1, 'a')) AS t (n, s) GROUP BY n;
SELECT if(n > 1, 'many', 'one'), CASE n WHEN 1 THEN 'one' WHEN 2 THEN 'two' END, CASE WHEN n = 2 THEN 2.5 ELSE n END FROM (VALUES 1, 2, 3) AS t (n) ORDER BY n;
TABLE nothing;
SELECT t.* FROM (VALUES (1, 2)) AS t (a, b);
-- refused: SAMPLE in 'SELECT * FROM
SELECT * FROM (VALUES 1) AS t (n) TABLESAMPLE BERNOULLI (100);
SELECT 2 = ANY (SELECT 1 UNION SELECT 2);
SELECT 3 > ALL (SELECT 1 UNION SELECT 2);
SELECT sum(a * n) FROM UNNEST(ARRAY[10, 20]) WITH ORDINALITY AS t (a, n);
SELECT sum(a) FROM UNNEST(sequence(1, 4)) AS t (a);
SELECT count(b) FROM UNNEST(ARRAY[1, 2], ARRAY[2]) AS t (a, b);
SELECT count(*) FROM (SELECT 1 UNION ALL SELECT 1) AS t;
SELECT count(*) FROM (SELECT 1 UNION SELECT 1) AS t;
SELECT n, s, r FROM UNNEST(ARRAY[ROW(1, 'a'), NULL, ROW(2, 'b')]) WITH ORDINALITY AS t (n, s, r) ORDER BY r;
SELECT g, x, y, n FROM (VALUES (1, ARRAY[1, 2], ARRAY['a']), (2, NULL, ARRAY['b', 'c']), (3, ARRAY[], NULL)) AS t (g, a, b) CROSS JOIN UNNEST(a, b) WITH ORDINALITY AS u (x, y, n) ORDER BY g, n;
SELECT t.g, count(u.x) FROM (VALUES (1, ARRAY[1, NULL]), (2, NULL)) AS t (g, a) LEFT JOIN UNNEST(a) AS u (x) ON TRUE GROUP BY t.g ORDER BY 1;
SELECT a.n, b.m FROM (VALUES 1, 2, NULL) AS a (n) LEFT JOIN (VALUES 2, NULL) AS b (m) ON a.n = b.m OR (a.n IS NULL AND b.m IS NULL) ORDER BY a.n;
SELECT a.n FROM (VALUES 1, 2) AS a (n) WHERE a.n > ALL (SELECT 0) AND NOT EXISTS (SELECT 1 FROM (VALUES 2) AS b (m) WHERE b.m = a.n);
SELECT (SELECT count(*) FROM (VALUES 1, 2, 3) AS b (m) WHERE b.m <= a.n) FROM (VALUES 0, 2) AS a (n) ORDER BY a.n;
SELECT n FROM (VALUES 1, 2) AS t (n) UNION ALL SELECT n FROM (VALUES 3) AS u (n) ORDER BY n DESC LIMIT 2;
-- refused: ORDER in '(SELECT 2 AS n UNION SELECT 1) ORDER BY n' is not answered here
(SELECT 2 AS n UNION SELECT 1) ORDER BY n;
SELECT n FROM ((VALUES 1, 2) EXCEPT (VALUES 2)) AS t (n);
SELECT CAST(1 AS bigint) AS n UNION ALL SELECT 2 UNION ALL SELECT 2.5 ORDER BY 1;
SELECT DATE '2020-03-01' AS d UNION ALL SELECT TIMESTAMP '2020-03-01 10:00:00' ORDER BY d;
SELECT * FROM (SELECT 1 AS a, 2 AS b) AS t CROSS JOIN (SELECT 3 AS a) AS u;
SELECT t.a, u.a AS c FROM (SELECT 1 AS a) AS t INNER JOIN (SELECT 1 AS a) AS u ON t.a = u.a;
SELECT * FROM (VALUES 1) AS t (a, b);
SELECT a FROM (SELECT 1 AS a) AS t, (SELECT 2 AS a) AS u;
-- refused: IN of a row with a subquery whose rows hold NULL is not answered here
SELECT (a, b) IN (SELECT 1, NULL), (a, b) NOT IN (SELECT 1, 2), (a, b) IN (SELECT 3, 4 WHERE false) FROM (VALUES (1, 2), (3, NULL)) AS t (a, b) ORDER BY a;
WITH t (n) AS (VALUES 1, 2), u AS (SELECT sum(n) AS s FROM t) SELECT n, n * 1e0 / s FROM t CROSS JOIN u ORDER BY n;
WITH t AS (SELECT 1 AS n) SELECT * FROM (WITH t AS (SELECT 2 AS n) SELECT n FROM t) AS x;
