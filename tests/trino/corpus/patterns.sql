-- Regular expressions.
SELECT regexp_like('abc', 'b'), regexp_like('abc', '^b'), regexp_like('abc', '^a.c$'), regexp_like('ABC', '(?i)abc'), regexp_like(NULL, 'a'), regexp_like('', ''), regexp_like('abc', 'a|x');
SELECT regexp_like('ab
', 'b$');
SELECT regexp_like('a
b', 'a.b');
SELECT regexp_like('a
b', '(?s)a.b');
-- refused: regexp_like:
SELECT regexp_like('a
b', '(?m)^b');
SELECT regexp_like('Curaçao', '^\w+$');
SELECT regexp_like('x１', '\d');
SELECT regexp_like('a b', '\s');
-- refused: regexp_like: the class [[:space:] in the pattern '[[:space:]]' is not answered here
SELECT regexp_like('a b', '[[:space:]]');
-- refused: regexp_like: \p in the pattern '\\p{Lower}' is not answered here, only plain patterns
SELECT regexp_like('abc', '\p{Lower}');
-- refused: regexp_like: \p in the pattern '\\p{L}' is not answered here, only plain patterns
SELECT regexp_like('É', '\p{L}');
-- refused: regexp_like: the class [a-c&&[^b] in the pattern '[a-c&&[^b]]1' is not answered here
SELECT regexp_like('a1', '[a-c&&[^b]]1');
SELECT regexp_extract('2020-03-01', '(\d+)-(\d+)', 2), regexp_extract('2020-03-01', '\d{2,4}'), regexp_extract('abc', '[0-9]+'), regexp_extract('abc', '(?<y>b)', 1);
-- refused: regexp_extract: a group of '(x)?b' may take no part in a match, which is not answered
SELECT regexp_extract('abc', '(x)?b', 1);
-- refused: regexp_extract: a group of '(x)|(b)' may take no part in a match, which is not answered
SELECT regexp_extract('abc', '(x)|(b)', 2);
SELECT regexp_extract('abc', '(b)', 2);
-- refused: regexp_extract:
SELECT regexp_extract('abc', '(?=b)');
SELECT regexp_extract('aaa', 'a+?');
-- refused: regexp_extract: ++ in the pattern 'a++' is not answered here, only plain patterns
SELECT regexp_extract('aaa', 'a++');
-- refused: regexp_extract: \1 in the pattern '(ab)\\1' is not answered here, only plain patterns
SELECT regexp_extract('abab', '(ab)\1');
SELECT regexp_extract_all('a1b22c333', '\d+'), regexp_extract_all('a1b2', '([a-z])(\d)', 2), regexp_extract_all('abc', 'x');
-- refused: regexp_extract_all: the pattern 'x*' matches an empty text, which is not answered here
SELECT regexp_extract_all('abc', 'x*');
SELECT regexp_replace('a1b22', '\d+', '#'), regexp_replace('a1b22', '\d+'), regexp_replace('2020-03', '(\d+)-(\d+)', '$2/$1'), regexp_replace('abc', 'x', 'y');
-- refused: regexp_replace: $ in the replacement '${first}!' is neither a group nor escaped
SELECT regexp_replace('abc', '(?<first>a)', '${first}!');
SELECT regexp_replace('abc', 'b', '\$');
SELECT regexp_replace('a.b', '\.', '\\');
-- refused: regexp_replace: the pattern 'x*' may match nothing, which is not answered here
SELECT regexp_replace('abc', 'x*', '-');
SELECT regexp_replace('abc', 'b', '$1');
-- refused: regexp_replace with a function x -> y is not answered here
SELECT regexp_replace('hello world', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]));
SELECT regexp_count('1a 2b 14m', '\s*[a-z]+\s*'), regexp_count('', 'a');
-- refused: regexp_position is not answered here
SELECT regexp_position('I have 23 apples', '\d+');
-- refused: regexp_position is not answered here
SELECT regexp_position('abc', 'x');
-- refused: regexp_position is not answered here
SELECT regexp_position('a1a2', '\d', 3);
SELECT regexp_split('1a 2b 14m', '\s*[a-z]+\s*'), regexp_split('a,b', ','), regexp_split('abc', 'x');
SELECT regexp_like('abc', 'a(');
SELECT regexp_like('a', '[');
-- refused: regexp_like: argument 2 has to be a literal text here
SELECT regexp_like(s, p) FROM (VALUES ('abc', 'b'), ('abc', '^b')) AS t (s, p) ORDER BY p;
SELECT regexp_extract('/data/day=2020-03-01/x.csv', 'day=([0-9-]+)/', 1), regexp_replace(' a  b ', '\s+', ' '), regexp_like('53033', '^\d{5}$');
SELECT regexp_extract('x=1;y=2', 'y=(\d)', 1), regexp_replace('(206) 555-0100', '[^0-9]', ''), regexp_extract('Ann <a@x.org>', '<([^>]+)>', 1);
SELECT regexp_extract('abc', '[0-9]+') IS NULL;
SELECT regexp_extract('2020-03-01', '(\d+)-(\d+)', 2);
SELECT regexp_extract('abc', 'b');
SELECT regexp_extract('a1', '(\d)');
SELECT regexp_extract('abc', 'b', 1);
SELECT regexp_like('1abc', '^[0-9]');
SELECT regexp_like('xabc', 'b');
SELECT regexp_replace('a1b2', '[0-9]');
SELECT regexp_replace('a1b2', '[0-9]', '#');
SELECT regexp_replace('2020-03', '(\d+)-(\d+)', '$2/$1');
SELECT regexp_extract_all('a1b22', '[0-9]+');
SELECT regexp_like('abc', 'a|x');
SELECT regexp_extract('x County', '^(.*) County$', 1);
-- refused: regexp_extract: b$ is read otherwise by Athena: ab
SELECT regexp_extract('ab
', 'b$');
SELECT regexp_like('Curaçao 12', '[0-9]+$');
SELECT regexp_like('Curaçao 12', '\d+');
SELECT regexp_extract('Curaçao', '\w+');
SELECT regexp_extract('Chad', '\w+');
SELECT regexp_count('abc', 'b');
