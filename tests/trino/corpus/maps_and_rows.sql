-- Maps and rows.
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(), MAP(ARRAY[1], ARRAY[NULL]);
SELECT MAP(ARRAY['a', 'a'], ARRAY[1, 2]);
SELECT MAP(ARRAY['a', 'b'], ARRAY[1]);
SELECT MAP(ARRAY['a', NULL], ARRAY[1, 2]);
SELECT MAP(ARRAY['a'], ARRAY[1])['a'], element_at(MAP(ARRAY['a'], ARRAY[1]), 'b'), cardinality(MAP(ARRAY['a'], ARRAY[1]));
SELECT MAP(ARRAY['a'], ARRAY[1])['b'];
SELECT map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2])), map_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2])), map_entries(MAP(ARRAY['a', 'b'], ARRAY[1, 2]));
SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('b', 2)) AS t (k, v);
SELECT map_agg(k, v)['b'] FROM (VALUES ('a', 1), ('b', NULL), (NULL, 3)) AS t (k, v);
SELECT cardinality(map_agg(k, v)) FROM (VALUES ('a', 1), ('a', 1)) AS t (k, v);
SELECT multimap_agg(k, v) FROM (VALUES ('a', 1), ('a', 2), ('b', 3)) AS t (k, v);
SELECT histogram(x) FROM (VALUES 'a', 'b', 'a', NULL) AS t (x);
SELECT map_concat(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['b', 'c'], ARRAY[3, 4]));
SELECT map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1), transform_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v * 10), transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> upper(k));
SELECT map_from_entries(ARRAY[('a', 1), ('b', 2)]);
-- refused: map_zip_with with a function x -> y is not answered here
SELECT map_zip_with(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]), (k, x, y) -> x + y);
-- refused: map(varchar, integer) = map(varchar, integer) is not answered here
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2]) = MAP(ARRAY['b', 'a'], ARRAY[2, 1]);
-- refused: map_union is not answered here
SELECT map_union(m) FROM (VALUES MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['b'], ARRAY[2])) AS t (m);
SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t (k, v) ORDER BY k;
SELECT CAST(MAP(ARRAY['a'], ARRAY[1]) AS json);
SELECT ROW(1, 'a'), ROW(1, NULL, 2.5), (1, 'a');
SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar));
SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).x, r.y FROM (SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS r);
SELECT ROW(1, 'a')[1], ROW(1, 'a')[2];
SELECT ROW(1, 2) = ROW(1, 2);
-- refused: rows of as many fields are compared here with = and <> only
SELECT (1, 2) < (1, 3);
SELECT ROW(1, 'a') <> ROW(1, 'b');
SELECT (1, 'a') IN ((1, 'a'), (2, 'b'));
SELECT (1, NULL) = (1, NULL), (1, NULL) = (2, NULL);
SELECT a, b FROM (VALUES (1, 2), (3, 4)) AS t (a, b) WHERE (a, b) IN (SELECT 1, 2);
SELECT ARRAY[ROW(1, 'a'), ROW(2, 'b')], cardinality(ARRAY[CAST(ROW(1, 'a') AS ROW(x integer, y varchar))]);
SELECT n, s FROM UNNEST(ARRAY[ROW(1, 'a'), ROW(2, 'b')]) AS t (n, s) ORDER BY n;
SELECT CAST(ROW(1, 'a') AS ROW(integer, varchar));
SELECT r.* FROM (SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS r);
SELECT k FROM UNNEST(map(ARRAY['a'], ARRAY[1])) AS t(k, v);
SELECT ROW(1, 'a');
SELECT map(array_agg(x), array_agg(y)) FROM (VALUES ('a', 1)) AS t (x, y);
SELECT map(array_agg(x), array_agg(y)) FROM (VALUES ('a', 1), ('a', 2)) AS t (x, y);
SELECT map();
SELECT map(ARRAY['a', 'b'], ARRAY[1, 2]);
SELECT map(ARRAY['a'], ARRAY[1])['a'];
SELECT map(ARRAY['a'], ARRAY[1])['b'];
SELECT map(ARRAY['a', 'a'], ARRAY[1, 2]);
SELECT element_at(map(ARRAY['a'], ARRAY[1]), 'b');
SELECT cardinality(map(ARRAY['a'], ARRAY[1]));
SELECT map_keys(map(ARRAY['a'], ARRAY[1]));
SELECT map_values(map(ARRAY['a'], ARRAY[1]));
-- Of columns.
SELECT cardinality(m), element_at(m, 'a'), map_keys(m), map_values(m), map_filter(m, (k, v) -> v > 1), transform_values(m, (k, v) -> coalesce(v, 0)), cardinality(map_concat(m, MAP(ARRAY['z'], ARRAY[9]))) FROM (VALUES MAP(ARRAY['a', 'b'], ARRAY[1, NULL]), MAP(ARRAY[], ARRAY[]), NULL) AS t (m) ORDER BY 1;
SELECT g, map_agg(k, v), histogram(k), multimap_agg(k, v) FROM (VALUES ('x', 'a', 1), ('x', 'b', 2), ('y', 'a', NULL), ('z', NULL, 1)) AS t (g, k, v) GROUP BY g ORDER BY g;
-- refused: map_agg of a key with several values is not answered here, for Athena keeps any of them
SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('a', 2)) AS t (k, v);
SELECT map_agg(k, v), histogram(k) FROM (VALUES ('a', 1)) AS t (k, v) WHERE v > 1;
SELECT r, r.x, r[2], CAST(r AS ROW(x varchar, y varchar)) FROM (VALUES (1, CAST(ROW(1, 'a') AS ROW(x integer, y varchar))), (2, NULL)) AS t (n, r) ORDER BY n;
SELECT t.r.x, r.y.z FROM (SELECT CAST(ROW(1, ROW(2)) AS ROW(x integer, y ROW(z integer))) AS r) AS t;
SELECT (a, b) = (1, 2), (a, b) <> (1, 2), (a, b) IN ((1, 2), (3, NULL)) FROM (VALUES (1, 2), (1, NULL), (3, 4)) AS t (a, b) ORDER BY a, b;
SELECT count(DISTINCT (a, b)), count(DISTINCT ROW(a)) FROM (VALUES (1, NULL), (1, NULL), (2, 3)) AS t (a, b);
SELECT transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> 'x');
SELECT split_to_map(s, ';', ':') FROM (VALUES 'a:1;b:2', 'a:1', '', NULL) AS t (s) ORDER BY s;
SELECT split_to_map('a:1;a:2', ';', ':');
SELECT split_to_map('a', ';', ':');
