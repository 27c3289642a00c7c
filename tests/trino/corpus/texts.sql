-- Texts.
SELECT length('abc'), length('é'), length(''), length('🙂'), length(NULL);
SELECT lower('ABC Ä'), upper('abc ß ä'), upper('ŉ'), lower('İ');
SELECT trim('  a '), ltrim('  a '), rtrim(' a  '), trim(BOTH 'x' FROM 'xxaxx'), trim(LEADING '0' FROM '007'), trim(TRAILING 'xy' FROM 'axyyx'), trim('xxa', 'x');
SELECT concat('a', 'b', 'c');
SELECT 'a' || 'b' || 'c';
-- refused: concat with NULL is ambiguous in Athena
SELECT concat('a', NULL);
-- refused: concat with NULL is ambiguous in Athena
SELECT 'a' || NULL;
SELECT concat('a');
SELECT concat('a', 1);
SELECT 'a' || 1;
SELECT concat_ws(',', 'a', NULL, 'b'), concat_ws(NULL, 'a', 'b'), concat_ws('-', 'a'), concat_ws('', 'a', 'b'), concat_ws(',', ARRAY['a', NULL, 'b']);
SELECT substr('abcdef', 2), substr('abcdef', 2, 3), substr('abc', 0), substr('abc', -2), substr('abc', -2, 1), substr('abc', -5), substr('abc', 9), substr('abc', 2, 0), substr('abc', 2, -1);
SELECT substring('abcdef' FROM 2 FOR 3), substring('abcdef', 3), substring('é🙂x', 2, 1);
SELECT strpos('abcabc', 'c'), strpos('abc', 'x'), strpos('abc', ''), strpos('abcabc', 'c', 2), strpos('abcabc', 'c', -1), position('b' IN 'abc');
SELECT replace('abcabc', 'b', 'x');
SELECT replace('abcabc', 'b');
-- refused: replace: argument 2 must not be empty
SELECT replace('abc', '', 'x');
SELECT replace('abc', 'x', 'y');
SELECT replace('abc', 'b', NULL);
SELECT reverse('abc'), reverse(''), reverse('né');
SELECT split('a-b-', '-'), split('', '-'), split('abc', '-'), split('a--b', '-'), split('a-b-c', '-', 2);
SELECT split('abc', '');
SELECT split_part('a-b-c', '-', 2), split_part('a-b', '-', 3), split_part('', '-', 1), split_part('a', '-', 1);
SELECT split_part('a-b', '-', 0);
-- refused: split_part: what divides must not be empty, and parts begin at 1
SELECT split_part('a-b', '', 1);
SELECT split_to_map('a=1,b=2', ',', '='), element_at(split_to_map('a=1,b=2', ',', '='), 'b');
SELECT lpad('7', 3, '0'), rpad('a', 3, 'xy'), lpad('abc', 2, 'x'), rpad('abc', 2, 'x'), lpad('', 2, '0'), lpad('a', 6, 'xyz');
SELECT lpad('a', -1, 'x');
SELECT lpad('a', 3, '');
SELECT starts_with('abc', 'ab'), starts_with('abc', ''), starts_with(NULL, 'a');
SELECT translate('abcd', 'ab', 'xy'), translate('abcd', 'ab', 'x'), translate('abcd', '', 'x'), translate('abab', 'aab', 'xyz');
SELECT chr(65), chr(233), chr(128578), codepoint('é'), codepoint('A');
SELECT codepoint('ab');
SELECT repeat('ab', 3), repeat('x', 0);
SELECT 'a' < 'b', 'B' < 'a', 'a' < 'ä', 'abc' < 'abcd', '' < 'a', '10' < '9';
SELECT s FROM (VALUES 'b', 'B', 'ä', 'a', '', '_', '1', NULL) AS t (s) ORDER BY s;
SELECT s FROM (VALUES 'b', 'B', 'ä', 'a', '', '🙂', '１', NULL) AS t (s) ORDER BY s DESC;
SELECT levenshtein_distance('kitten', 'sitting'), hamming_distance('abc', 'abd'), levenshtein_distance('', 'ab');
-- refused: soundex is not answered here
SELECT soundex('Robert');
-- refused: normalize is not answered here
SELECT normalize('é', NFD) = 'é';
-- refused: normalize is not answered here
SELECT length(normalize('é', NFD));
-- refused: normalize is not answered here
SELECT normalize('e' || chr(769)) = 'é';
-- refused: word_stem is not answered here
SELECT word_stem('running');
-- refused: luhn_check is not answered here
SELECT luhn_check('79927398713');
SELECT to_utf8('é'), from_utf8(X'C3A9'), length(to_utf8('é'));
SELECT to_hex(to_utf8('abc'));
SELECT from_hex('616263');
SELECT to_base64(to_utf8('abc'));
SELECT from_base64('YWJj');
-- refused: to_base64url is not answered here
SELECT to_base64url(X'fbff');
SELECT md5(to_utf8('abc'));
SELECT to_hex(md5(to_utf8('abc')));
SELECT lower(to_hex(sha256(to_utf8('abc'))));
SELECT to_hex(sha1(to_utf8('abc')));
-- refused: sha512 is not answered here
SELECT to_hex(sha512(to_utf8('')));
-- refused: crc32 is not answered here
SELECT crc32(to_utf8('abc'));
-- refused: xxhash64 is not answered here
SELECT to_hex(xxhash64(to_utf8('abc')));
-- refused: hmac_sha256 is not answered here
SELECT to_hex(hmac_sha256(to_utf8('a'), to_utf8('k')));
-- refused: url_encode is not answered here
SELECT url_encode('a b&c');
-- refused: url_decode is not answered here
SELECT url_decode('a+b%26c');
-- refused: url_extract_host is not answered here
SELECT url_extract_host('https://x.org:80/p?q=1#f');
-- refused: url_extract_path is not answered here
SELECT url_extract_path('https://x.org:80/p?q=1#f');
-- refused: url_extract_parameter is not answered here
SELECT url_extract_parameter('https://x.org/p?q=1', 'q');
-- refused: url_extract_protocol is not answered here
SELECT url_extract_protocol('https://x.org');
-- refused: url_extract_port is not answered here
SELECT url_extract_port('https://x.org:80/p');
-- refused: url_extract_query is not answered here
SELECT url_extract_query('https://x.org/p?q=1');
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'A%', 'abc' NOT LIKE 'a%', 'abc' LIKE '%', '' LIKE '%', '' LIKE '_', NULL LIKE '%';
SELECT 'a%c' LIKE 'a\%c', 'a\xc' LIKE 'a\%c', 'a%c' LIKE 'a\%c' ESCAPE '\', 'abc' LIKE 'a\%c' ESCAPE '\', 'a_c' LIKE 'a#_c' ESCAPE '#', 'abc' LIKE 'a#_c' ESCAPE '#';
SELECT 'a#c' LIKE 'a##c' ESCAPE '#';
SELECT 'abc' LIKE 'ab#c' ESCAPE '#';
SELECT 'abc' LIKE 'ab#' ESCAPE '#';
SELECT 'abc' LIKE 'ab##' ESCAPE '##';
SELECT 'a
b' LIKE 'a_b', 'a
b' LIKE 'a%', 'é' LIKE '_', '🙂' LIKE '_';
SELECT s LIKE p FROM (VALUES ('abc', 'a%'), ('abc', 'b%'), ('a%', 'a%')) AS t (s, p) ORDER BY s, p;
SELECT CAST('a' AS varchar) = 'a ', 'a' = 'A';
SELECT ascii('a');
SELECT left('abc', 2);
SELECT initcap('abc');
SELECT index('abc', 'b');
SELECT instr('abc', 'b');
SELECT char_length('abc');
SELECT character_length('abc');
SELECT 'a' ILIKE 'A';
SELECT format('%s is %d years, %.2f %%', 'Ann', 30, 1.005e0);
SELECT format('%,d', 1234567), format('%05d', 42), format('%+d', 5), format('%x', 255), format('%10s|', 'a'), format('%-10s|', 'a');
SELECT format('%.2f', 2.675e0), format('%.1f', 0.25e0), format('%.0f', 2.5e0), format('%.2f', 1.005), format('%.2f', -0.001e0), format('%,.2f', 1234567.891e0), format('%.3f', 1e10), format('%8.2f', 3.14159e0), format('%f', 1e0);
-- refused: format: %e in '%e' is not answered here
SELECT format('%e', 12345.678e0);
-- refused: format: %g in '%g' is not answered here
SELECT format('%g', 0.0001e0);
SELECT format('%s', 1.5e0);
SELECT format('%s', 1.50);
SELECT format('%s', true);
-- refused: format: %s of a value whose type is not known
SELECT format('%s', NULL);
SELECT format('%s', DATE '2020-03-01');
SELECT format('%s', ARRAY[1]);
-- refused: format: %2$s in '%2$s %1$s' is not answered here
SELECT format('%2$s %1$s', 'a', 'b');
SELECT format('%b', true);
SELECT format('%c', 'a');
-- refused: format: %tF in '%tF' is not answered here
SELECT format('%tF', DATE '2020-03-01');
SELECT format('%d', 'a');
SELECT format('%s');
-- refused: bar is not answered here
SELECT bar(0.5, 10);
SELECT substr('abc', 2);
SELECT substr('abc', -2, 1);
SELECT substr('abc', -5);
SELECT substr('abc', 9);
SELECT substr('abc', 2, 0);
SELECT substr('abc', 2, -1);
SELECT substr('abc', 2, CAST(NULL AS integer));
SELECT substr(CAST(NULL AS varchar), 0);
SELECT substring('abc' FROM 2 FOR 1);
SELECT strpos('abc', 'c');
SELECT strpos('abc', 'x');
SELECT position('b' IN 'abc');
SELECT split('a-b-', '-');
SELECT split('', '-');
SELECT split_part('a-b', '-', 2);
SELECT split_part('a-b', '-', 3);
SELECT split_part('', '-', 1);
SELECT concat_ws('-', 'a', NULL, 'b');
SELECT length('Curaçao');
SELECT length('é');
SELECT upper('straße');
SELECT upper('curaçao');
SELECT lower('ABC');
SELECT trim(' 	 a 
');
SELECT ltrim('	a ');
SELECT trim(LEADING 'x' FROM 'xxaxx');
SELECT replace('abc', 'b', 'x');
SELECT lpad('7', 3, '0');
SELECT rpad('hello', 3, 'x');
SELECT reverse('abc');
SELECT 'a ' = 'a';
SELECT 'B' < 'a';
SELECT 'a_c' LIKE 'a\_c';
SELECT 'a\bc' LIKE 'a\_c';
-- refused: line 1, column 35: ! is not of Athena's SQL
SELECT 'a_c' LIKE 'a!_c' ESCAPE '!';
SELECT 'abc' NOT LIKE 'A%';
SELECT 'abc' ILIKE 'A%';
SELECT 'abc' RLIKE 'a';
SELECT format('%s: %d', 'a', 3);
SELECT format('%,d', 1234567);
SELECT format('%s%%', 5);
SELECT format('%.2f', 1.005e0);
SELECT levenshtein_distance('a', 'b');
-- refused: soundex is not answered here
SELECT soundex('a');
SELECT rtrim(' a 	');
SELECT starts_with('abc', 'ab');
SELECT translate('abcd', 'ab', 'xy');
SELECT translate('abcd', 'ab', 'x');
SELECT chr(233);
SELECT lpad('abc', 2, 'x');
SELECT ceiling(1.2e0);
SELECT pow(2, 3);
SELECT exp(0);
SELECT ln(1);
SELECT sin(0) + cos(0) + tan(0);
SELECT asin(0) + acos(1) + atan(0);
SELECT degrees(radians(180));
SELECT round(pi(), 4);
SELECT rand() < 1;
SELECT date(TIMESTAMP '2020-03-01 13:05:09');
SELECT date('2020-03-01');
SELECT year(DATE '2020-03-01') * 10000 + month(DATE '2020-03-01') * 100 + day(DATE '2020-03-01');
SELECT day_of_month(DATE '2020-03-09') + doy(DATE '2020-01-09');
SELECT yow(DATE '2019-12-30');
SELECT from_hex('65');
SELECT from_base64('ZQ==');
SELECT min(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT arbitrary(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y) WHERE x = 2;
SELECT any_value(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y) WHERE x = 2;
SELECT every(x > 0) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT bool_or(x > 3) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT bool_or(x > 3) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y) WHERE x > 9;
SELECT variance(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT var_samp(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT stddev_samp(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT stddev_pop(x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT covar_pop(y, x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT covar_samp(y, x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT regr_slope(y, x) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT round(regr_intercept(y, x), 6) FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
SELECT length(DISTINCT 'a') FROM (VALUES (1, 2), (2, 4), (4, 5)) AS t (x, y);
