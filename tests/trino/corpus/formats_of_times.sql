-- Times written as text and read from it.
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%Y-%m-%d %H:%i:%s'), date_format(DATE '2020-03-01', '%d/%m/%Y');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%c/%e/%y %l:%i %p'), date_format(TIMESTAMP '2020-03-01 03:05:09', '%k %h %I %l');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%M %b %W %a %j'), date_format(TIMESTAMP '2020-03-01 13:05:09', '%T | %r | 100%%');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09.123456', '%s.%f %S'), date_format(DATE '2021-01-01', '%x-%v'), date_format(DATE '2021-01-01', 'week %v of %x');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%D');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%U %w');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%q');
SELECT date_format(CAST(NULL AS timestamp), '%Y');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '');
-- refused: date_format: argument 2 has to be a literal text here
SELECT date_format(d, p) FROM (VALUES (DATE '2020-03-01', '%Y')) AS t (d, p);
SELECT date_parse('2020-03-01 13:05:09', '%Y-%m-%d %H:%i:%s'), date_parse('2020-03-01', '%Y-%m-%d');
SELECT date_parse('1/3/20', '%d/%m/%y');
SELECT date_parse('3/1/2020 1:05 PM', '%c/%e/%Y %l:%i %p');
SELECT date_parse('01Mar2020', '%d%b%Y'), date_parse('March 1, 2020', '%M %e, %Y');
SELECT date_parse('2020-3-1', '%Y-%m-%d');
SELECT date_parse('2020-03', '%Y-%m'), date_parse('13:05', '%H:%i');
SELECT date_parse('2020-03-01 13:05:09.25', '%Y-%m-%d %H:%i:%s.%f');
SELECT date_parse('2020-03-01x', '%Y-%m-%d');
SELECT date_parse('2020-02-30', '%Y-%m-%d');
-- refused: TRY of this expression is not answered here
SELECT try(date_parse('no date', '%Y-%m-%d'));
SELECT CAST(date_parse(s, '%m/%d/%Y') AS date) FROM (VALUES '03/01/2020', '12/31/1999', NULL) AS t (s) ORDER BY s;
SELECT date_parse('20200301', '%Y%m%d'), date_parse('20200301T130509Z', '%Y%m%dT%H%i%sZ');
-- refused: date_parse: the pattern has a field that is not read here as Athena reads it
SELECT date_parse('061 2020', '%j %Y');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy-MM-dd HH:mm:ss.SSS'), format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'dd MMM yy'), format_datetime(DATE '2020-03-01', 'EEEE, d MMMM yyyy');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy''T''hh a');
-- refused: format_datetime: K in 'D e E xxxx-ww K k' is not answered
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'D e E xxxx-ww K k');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy-MM-dd HH:mm:ss Z');
-- refused: format_datetime: ZZ in 'yyyy-MM-dd HH:mm:ss ZZ' is not answered
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09 UTC', 'yyyy-MM-dd HH:mm:ss ZZ');
-- refused: format_datetime: S in 'YYYY Y yyy S SS' is not answered
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'YYYY Y yyy S SS');
SELECT parse_datetime('2020-03-01 13:05', 'yyyy-MM-dd HH:mm');
-- refused: parse_datetime: Z in "yyyy-MM-dd'T'HH:mm:ssZ" is not answered
SELECT parse_datetime('2020-03-01T13:05:09+02:00', 'yyyy-MM-dd''T''HH:mm:ssZ');
SELECT parse_datetime('01/Mar/2020:13:05:09', 'dd/MMM/yyyy:HH:mm:ss');
SELECT to_char(TIMESTAMP '2020-03-01 13:05:09', 'yyyy-mm-dd hh24:mi:ss');
SELECT to_date('2020-03-01', 'yyyy-mm-dd');
SELECT to_timestamp('2020-03-01 13:05:09', 'yyyy-mm-dd hh24:mi:ss');
SELECT CAST(DATE '2020-03-01' AS varchar), CAST(TIMESTAMP '2020-03-01 13:05:09' AS varchar), CAST(TIMESTAMP '2020-03-01 13:05:09.120' AS varchar);
SELECT CAST(TIMESTAMP '2020-03-01 13:05:09.123456' AS varchar), CAST(CAST('2020-03-01 13:05:09' AS timestamp(6)) AS varchar), CAST(TIME '13:05:09' AS varchar);
SELECT CAST(date_add('day', 1, TIMESTAMP '2020-03-01 13:05:09') AS varchar), CAST(date_trunc('hour', TIMESTAMP '2020-03-01 13:05:09.250') AS varchar);
SELECT 'on ' || CAST(DATE '2020-03-01' AS varchar) || '.';
SELECT 'on ' || DATE '2020-03-01';
SELECT concat(CAST(year(DATE '2020-03-01') AS varchar), '-', lpad(CAST(month(DATE '2020-03-01') AS varchar), 2, '0'));
SELECT substr(CAST(DATE '2020-03-01' AS varchar), 1, 7);
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy-MM');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%Y-%m-%d %H:%i:%s');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%c/%e/%y %l:%i %p');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%M %b %W %a %j');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%T, 100%%');
SELECT date_format(DATE '2021-01-01', '%x-%v');
SELECT date_format(TIMESTAMP '2020-03-01 13:05:09', '%U');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy-MM-dd HH:mm:ss.SSS');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'dd MMM yy');
SELECT format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'Z');
SELECT date_parse('2020-03-01 13:05:09', '%Y-%m-%d %H:%i:%s');
-- Of columns: each row is read by the same rules.
-- refused: TRY of this expression is not answered here
SELECT s, try(date_parse(s, '%Y-%m-%d')) FROM (VALUES '2020-03-01', '2020-3-1', '2020-02-30', '2020-03-01 ', ' 2020-03-01', '2020/03/01', 'x', '', NULL) AS t (s) WHERE s NOT IN ('2020-03-01 ', ' 2020-03-01') ORDER BY s;
SELECT date_parse(s, '%m/%d/%y') FROM (VALUES '3/1/20', '12/31/99', '01/01/70', '1/1/68') AS t (s) ORDER BY s;
-- refused: date_parse: how Athena reads 1/1/69 is not known here
SELECT date_parse('1/1/69', '%m/%d/%y');
SELECT date_parse(s, '%d-%b-%Y %h:%i %p') FROM (VALUES '01-Mar-2020 12:05 AM', '1-MAR-2020 12:05 pm', '31-dec-1999 1:05 PM') AS t (s) ORDER BY s;
-- refused: date_parse: the pattern has a field twice, which is not answered here
SELECT date_parse('1 2', '%d %d');
SELECT date_parse('2020131', '%Y%m%d');
SELECT date_parse('2020-03-01 13', '%Y-%m-%d %h');
-- refused: date_parse: how Athena reads 100% is not known here
SELECT date_parse('100%', '%Y%%');
SELECT date_format(t, '%Y%m%d%H%i%s'), date_format(t, '%y%m'), date_format(t, '%b %e, %Y'), date_format(t, '%a %W') FROM (VALUES TIMESTAMP '1969-12-31 23:59:59', TIMESTAMP '2000-01-01 00:00:00', TIMESTAMP '2020-02-29 12:00:00', NULL) AS x (t) ORDER BY t;
SELECT date_format(TIMESTAMP '2020-03-01 00:05:09', '%h %I %l %k %p'), date_format(TIMESTAMP '2020-03-01 12:05:09', '%h %p'), date_format(TIMESTAMP '2020-03-01 13:05:09', '100%%T'), date_format(TIMESTAMP '2020-03-01 13:05:09', '%z');
-- refused: format_datetime: G in 'yyyy.MM.dd G' is not answered
SELECT format_datetime(TIMESTAMP '2020-03-01 00:05:09', 'h a'), format_datetime(TIMESTAMP '2020-03-01 13:05:09', '''quoted'' yyyy'), format_datetime(TIMESTAMP '2020-03-01 13:05:09', 'yyyy.MM.dd G');
