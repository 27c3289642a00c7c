-- JSON.
SELECT json_extract_scalar('{"a": {"b": 1}}', '$.a.b'), json_extract_scalar('{"a": [1, 2]}', '$.a[1]'), json_extract_scalar('{"a": [1]}', '$.a'), json_extract_scalar('{"a": null}', '$.a'), json_extract_scalar('{"a": true}', '$.a'), json_extract_scalar('{"a": "x\ny"}', '$.a');
-- refused: json_extract_scalar: a number is written otherwise by Athena: {"a": 1.50}
SELECT json_extract_scalar('{"a": 1.50}', '$.a');
-- refused: json_extract_scalar: a number is written otherwise by Athena: {"a": 1e2}
SELECT json_extract_scalar('{"a": 1e2}', '$.a');
SELECT json_extract_scalar('{"a": 12345678901234567890}', '$.a');
-- refused: json_extract_scalar: a number is written otherwise by Athena: {"a": -0.0}
SELECT json_extract_scalar('{"a": -0.0}', '$.a');
SELECT json_extract_scalar('no json', '$.a');
SELECT json_extract_scalar('', '$.a');
-- refused: json_extract_scalar: how much Athena reads of broken JSON is not known here: {"a": 1
SELECT json_extract_scalar('{"a": 1', '$.a');
SELECT json_extract_scalar(CAST(NULL AS varchar), '$.a');
SELECT json_extract_scalar('{"a b": 1, "c.d": 2}', '$["a b"]'), json_extract_scalar('{"a b": 1, "c.d": 2}', '$["c.d"]'), json_extract_scalar('[1, 2]', '$[0]'), json_extract_scalar('"x"', '$'), json_extract_scalar('{"a": 1}', '$.A');
SELECT json_extract_scalar('{"a": [{"b": 1}, {"b": 2}]}', '$.a[1].b');
SELECT json_extract_scalar('{"a": [1, 2]}', '$.a[-1]');
SELECT json_extract_scalar('{"a": 1, "a": 2}', '$.a');
SELECT json_extract_scalar('{"a": 1}', 'a');
SELECT json_extract_scalar('{"a": [1, 2]}', '$.a[*]');
SELECT json_extract('{"a": {"b": [1, 2.50, "x", null, true]}}', '$.a'), json_extract('{"a": "x"}', '$.a'), json_extract('{"a": 1}', '$.b'), json_extract('{"b": 1, "a": 2}', '$');
SELECT CAST(json_extract('{"a": [1, 2]}', '$.a') AS array(integer)), CAST(json_extract('{"a": "x"}', '$.a') AS varchar), CAST(json_extract('{"a": 1.5}', '$.a') AS double);
SELECT json_format(json_extract('{"a": {"b": [1,  2]}}', '$.a'));
-- refused: json_format: how Athena writes this is not known here: {"b":1,"a":2}
SELECT json_format(JSON '{"b": 1, "a": 2}');
SELECT json_parse('{"b": 1, "a": [1, null]}'), json_parse('[1,2]'), json_parse('"x"'), json_parse('1.0');
SELECT json_parse('no json');
SELECT json_array_length('[1, 2, 3]');
SELECT json_array_length('[]');
SELECT json_array_length('{"a": 1}');
-- refused: json_array_length: how much Athena reads of broken JSON is not known here: x
SELECT json_array_length('x');
SELECT json_size('{"a": {"b": 1, "c": 2}}', '$.a'), json_size('{"a": [1, 2, 3]}', '$.a'), json_size('{"a": 1}', '$.a');
-- refused: json_array_contains is not answered here
SELECT json_array_contains('[1, 2, 3]', 2);
-- refused: json_array_contains is not answered here
SELECT json_array_contains('["a"]', 'b');
-- refused: json_array_get is not answered here: use json_extract_scalar(x, '$[0]')
SELECT json_array_get('["a", "b"]', 1);
-- refused: json_array_get is not answered here: use json_extract_scalar(x, '$[0]')
SELECT json_array_get('["a"]', -1);
SELECT is_json_scalar('1'), is_json_scalar('[1]'), is_json_scalar('"x"');
SELECT CAST(JSON '1' AS integer), CAST(JSON '"x"' AS varchar), CAST(JSON 'true' AS boolean), CAST(JSON 'null' AS integer), CAST(JSON '{"a": 1}' AS map(varchar, integer)), CAST(JSON '[1, null]' AS array(bigint));
SELECT CAST(1 AS json), CAST('x' AS json), CAST(true AS json), CAST(ARRAY[1, 2] AS json), CAST(MAP(ARRAY['k'], ARRAY[1]) AS json), CAST(NULL AS json);
-- refused: how Athena writes row(integer, varchar) in JSON is not answered here
SELECT CAST(ROW(1, 'a') AS json);
SELECT json_format(CAST(CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS json));
-- refused: json_value is not answered here
SELECT json_value('{"a": 1}', 'lax $.a');
-- refused: json_query is not answered here
SELECT json_query('{"a": [1, 2]}', 'lax $.a');
-- refused: json_exists is not answered here
SELECT json_exists('{"a": 1}', 'lax $.a');
-- refused: the query cannot be read: line 1, column 23: Expecting )
-- refused: the query cannot be read: line 1, column 23: a bracket is not closed before ':'
SELECT json_object('a': 1);
-- refused: json_array is not answered here
SELECT json_array(1, 'x');
SELECT s, json_extract_scalar(s, '$.n') FROM (VALUES '{"n": "a"}', '{"n": 7}', '{}', 'x') AS t (s) ORDER BY s;
SELECT t.k, t.v FROM UNNEST(CAST(json_parse('{"a": 1, "b": 2}') AS map(varchar, integer))) AS t (k, v) ORDER BY k;
SELECT n FROM UNNEST(CAST(json_extract('{"a": [3, 1, 2]}', '$.a') AS array(integer))) AS t (n) ORDER BY n;
SELECT json_extract_scalar(x, '$.id') FROM UNNEST(CAST(json_parse('[{"id": 1}, {"id": 2}]') AS array(json))) AS t (x) ORDER BY 1;
SELECT CAST('{}' AS json);
SELECT json_extract_scalar('{"a": {"b": 1}}', '$.a.b');
SELECT json_extract_scalar('{"a": [1]}', '$.a');
SELECT json_extract('{"a": 1}', '$.a');
-- Of columns, broken texts among them.
-- refused: json_array_length: how much Athena reads of broken JSON is not known here: x
SELECT s, json_extract_scalar(s, '$.a'), json_array_length(s), json_size(s, '$.a') FROM (VALUES '{"a": 1}', '{"a": "x"}', '{"a": {"b": 1, "c": 2}}', '[1, 2]', '{}', 'x', '', NULL) AS t (s) ORDER BY s;
-- refused: json_extract_scalar: how much Athena reads of broken JSON is not known here: {"a": 1} x
SELECT json_extract_scalar('{"a": 1} x', '$.a');
-- refused: json_extract_scalar: how much Athena reads of broken JSON is not known here: [1, 2
SELECT json_extract_scalar('[1, 2', '$[0]');
SELECT json_extract_scalar('{"a": 47.6062, "b": -0.5, "c": 100, "d": 1.0}', '$.a'), json_extract_scalar('{"a": 47.6062, "b": -0.5}', '$.b'), json_extract_scalar('{"d": 1.0}', '$.d');
SELECT json_extract('{"a": [1, 2.50, 1e3, 1e10, 0.0001, "é\n\u001f/"], "b": {}, "c": []}', '$');
SELECT json_parse('{"b": {"z": 1.50, "y": [true, null]}, "a": "é"}');
SELECT json_extract(json_parse('{"b": {"z": 1, "y": 2}}'), '$.b');
-- refused: json_format: how Athena writes this is not known here: {"b":1,"a":2}
SELECT json_format(json_parse('{"b": 1, "a": 2}'));
SELECT json_format(json_parse('[1, "x", null]'));
SELECT CAST(json_extract(s, '$.n') AS bigint), CAST(json_extract(s, '$.n') AS varchar), CAST(json_extract(s, '$.n') AS double) FROM (VALUES '{"n": 7}', '{"n": "8"}', '{"n": 2.5}', '{"n": null}', '{}') AS t (s) ORDER BY s;
SELECT CAST(json_extract('{"n": true}', '$.n') AS boolean), CAST(json_extract('{"n": "t"}', '$.n') AS boolean), CAST(json_extract('{"n": 0}', '$.n') AS boolean);
SELECT CAST(json_extract('{"n": "x"}', '$.n') AS bigint);
SELECT CAST(json_extract('{"n": [1]}', '$.n') AS varchar);
SELECT CAST(json_parse('[{"id": 1, "name": "a"}, {"id": 2}, null]') AS array(ROW(id integer, name varchar)));
SELECT r.id, r.name FROM UNNEST(CAST(json_parse('[{"id": 1, "name": "a"}, {"id": 2, "name": null}]') AS array(ROW(id integer, name varchar)))) AS t (id, name) CROSS JOIN (SELECT CAST(ROW(1, 'a') AS ROW(id integer, name varchar)) AS r) ORDER BY t.id;
SELECT id, name FROM UNNEST(CAST(json_parse('[{"id": 1, "name": "a"}, {"id": 2, "name": null}]') AS array(ROW(id integer, name varchar)))) AS t (id, name) ORDER BY id;
-- refused: CAST of JSON to row(id integer) is answered of objects with keys of those very letters
SELECT CAST(json_parse('{"ID": 1}') AS ROW(id integer));
SELECT CAST(json_parse('{"a": [1, 2], "b": []}') AS map(varchar, array(integer)));
SELECT CAST(CAST(ROW('x', ARRAY[1, NULL]) AS ROW(s varchar, a array(integer))) AS json), CAST(MAP(ARRAY['b', 'a'], ARRAY['x', NULL]) AS json);
-- refused: how Athena writes double in JSON is not answered here
SELECT CAST(1.5e0 AS json);
SELECT json_array_length(json_extract('{"a": [1, 2]}', '$.a')), json_extract_scalar(json_extract('{"a": {"b": "c"}}', '$.a'), '$.b');
-- refused: json = json is not answered here
SELECT json_extract(s, '$') = json_extract(s, '$') FROM (VALUES '{}') AS t (s);
-- refused: json_extract_scalar: a number is written otherwise by Athena: 1.50
SELECT json_extract('"x"', '$'), json_extract_scalar('1.50', '$');
SELECT x FROM UNNEST(CAST(json_parse('[3, "1", null]') AS array(varchar))) AS t (x) ORDER BY x;
