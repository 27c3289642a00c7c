-- What a database of Redshift has and one of PostgreSQL lacks: functions, views of the catalog, and what is kept of a
-- table beside its columns. Pages are those of the Redshift Database Developer Guide. The views and functions are in
-- pg_catalog, where a session finds them whatever its search path.

SET allow_system_table_mods = on;

CREATE SCHEMA redshift;

-- r_Character_types, "Significance of trailing blanks": blanks at the end of a VARCHAR count in no comparison. As
-- operators of varchar itself, which PostgreSQL compares as text otherwise; by its own functions for CHAR.
CREATE FUNCTION redshift.varchar_eq(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpchareq';
CREATE FUNCTION redshift.varchar_ne(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpcharne';
CREATE FUNCTION redshift.varchar_lt(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpcharlt';
CREATE FUNCTION redshift.varchar_le(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpcharle';
CREATE FUNCTION redshift.varchar_gt(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpchargt';
CREATE FUNCTION redshift.varchar_ge(varchar, varchar) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bpcharge';
CREATE FUNCTION redshift.varchar_cmp(varchar, varchar) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'bpcharcmp';
CREATE FUNCTION redshift.varchar_hash(varchar) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'hashbpchar';
CREATE OPERATOR pg_catalog.= (FUNCTION = redshift.varchar_eq, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = redshift.varchar_ne, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=));
CREATE OPERATOR pg_catalog.< (FUNCTION = redshift.varchar_lt, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR pg_catalog.<= (FUNCTION = redshift.varchar_le, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR pg_catalog.> (FUNCTION = redshift.varchar_gt, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR pg_catalog.>= (FUNCTION = redshift.varchar_ge, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR CLASS redshift.varchar_order DEFAULT FOR TYPE varchar USING btree AS
    OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=, OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>, FUNCTION 1 redshift.varchar_cmp(varchar, varchar);
CREATE OPERATOR CLASS redshift.varchar_hashed DEFAULT FOR TYPE varchar USING hash AS
    OPERATOR 1 pg_catalog.=, FUNCTION 1 redshift.varchar_hash(varchar);

-- r_STRTOL: a text in a base from 2 to 36 as a number. Only hexadecimal is known here.
CREATE FUNCTION pg_catalog.strtol(digits text, base integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    IF base <> 16 THEN
        RAISE EXCEPTION 'the double of Redshift has no rule for strtol of base %', base;
    END IF;
    RETURN ('x' || lpad(digits, 16, '0'))::bit(64)::bigint;
END $$;

-- r_GETDATE: the start of the statement, without a time zone.
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
    $$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $$;

-- r_EXTRACT_function: the result has no fraction, so that the epoch of a timestamp has whole seconds.
CREATE FUNCTION redshift.extract_epoch(moment timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT floor(extract(epoch FROM moment))::bigint $$;
CREATE FUNCTION redshift.extract_epoch(moment timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT floor(extract(epoch FROM moment))::bigint $$;
CREATE FUNCTION redshift.extract_epoch(day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT (day - date '1970-01-01')::bigint * 86400 $$;
-- r_Dateparts_for_datetime_functions: the fraction of the second alone, where PostgreSQL adds the seconds.
CREATE FUNCTION redshift.extract_microseconds(moment timestamp) RETURNS integer LANGUAGE sql IMMUTABLE AS
    $$ SELECT mod(extract(microseconds FROM moment)::bigint, 1000000)::integer $$;

-- r_DATEDIFF_function: the number of boundaries of the part between two moments.
CREATE FUNCTION pg_catalog.datediff(part text, earlier timestamp, later timestamp) RETURNS bigint LANGUAGE plpgsql
IMMUTABLE STRICT AS $$
BEGIN
    CASE part
        WHEN 'us' THEN RETURN (extract(epoch FROM later) * 1000000 - extract(epoch FROM earlier) * 1000000)::bigint;
        WHEN 'second' THEN RETURN redshift.extract_epoch(later) - redshift.extract_epoch(earlier);
        WHEN 'day' THEN RETURN later::date - earlier::date;
    END CASE;
END $$;

-- What Redshift keeps of a table and PostgreSQL does not, as the translation of CREATE TABLE says it in a comment.
CREATE TABLE redshift.layouts (relation oid PRIMARY KEY, layout jsonb NOT NULL);
CREATE TABLE redshift.keys (
    relation oid NOT NULL,
    name name NOT NULL,
    kind "char" NOT NULL,
    columns jsonb NOT NULL,
    target oid,
    UNIQUE (relation, name)
);

CREATE FUNCTION redshift.keep_layout() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    given jsonb := substring(current_query() FROM '/\*redshift (.*) \*/');
    created oid;
    key jsonb;
BEGIN
    IF given IS NULL THEN
        RETURN;
    END IF;
    FOR created IN
        SELECT objid FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND object_type = 'table'
    LOOP
        -- r_CREATE_TABLE_NEW: LIKE takes over distribution and sort key, and no keys.
        INSERT INTO redshift.layouts
        SELECT created, coalesce((SELECT l.layout FROM redshift.layouts AS l
                                  WHERE l.relation = to_regclass(given ->> 'like')), given);
        FOR key IN SELECT jsonb_array_elements(given -> 'keys') LOOP
            PERFORM redshift.add_key(created, key::text);
        END LOOP;
    END LOOP;
END $$;
CREATE EVENT TRIGGER keep_layout ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION redshift.keep_layout();

CREATE FUNCTION redshift.add_key(relation regclass, described text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    key jsonb := described;
    target_relation oid := (key ->> 'target')::regclass;
    target_key jsonb;
    table_name name := (SELECT relname FROM pg_class WHERE oid = relation);
BEGIN
    IF target_relation IS NOT NULL THEN
        -- r_CREATE_TABLE_NEW: the referenced columns are those of a primary or unique key.
        SELECT columns INTO target_key FROM redshift.keys AS k
        WHERE k.relation = target_relation AND kind IN ('p', 'u') AND key -> 'target_columns' IN ('[]', columns);
        IF target_key IS NULL THEN
            RAISE EXCEPTION 'there is no primary key for referenced table "%"', key ->> 'target'
                USING ERRCODE = '42704';
        END IF;
    END IF;
    INSERT INTO redshift.keys VALUES (
        relation,
        coalesce(key ->> 'name', concat_ws('_', table_name, CASE WHEN key ->> 'kind' <> 'p' THEN key -> 'columns' ->> 0
            END, CASE key ->> 'kind' WHEN 'p' THEN 'pkey' WHEN 'u' THEN 'key' ELSE 'fkey' END)),
        (key ->> 'kind')::"char", key -> 'columns', target_relation);
END $$;

CREATE FUNCTION redshift.drop_key(relation regclass, given text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM redshift.keys AS k WHERE k.relation = drop_key.relation AND k.name = given;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'constraint "%" of relation "%" does not exist', given, relation USING ERRCODE = '42704';
    END IF;
END $$;

-- r_DROP_TABLE: without CASCADE a table that others depend on is not dropped. A foreign key is such a dependency.
CREATE FUNCTION redshift.forget_layout() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    dropped oid[] := ARRAY(SELECT objid FROM pg_event_trigger_dropped_objects() WHERE object_type = 'table');
    dependent record;
BEGIN
    SELECT k.name, k.relation::regclass AS relation, o.object_identity AS target INTO dependent
    FROM redshift.keys AS k JOIN pg_event_trigger_dropped_objects() AS o ON o.objid = k.target
    WHERE k.relation <> ALL (dropped) LIMIT 1;
    IF FOUND AND current_query() !~* '\mcascade\s*;?\s*$' THEN
        RAISE EXCEPTION 'cannot drop table % because other objects depend on it', dependent.target
            USING ERRCODE = '2BP01', DETAIL = format('constraint %s on table %s depends on table %s',
                dependent.name, dependent.relation, dependent.target),
                HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';
    END IF;
    DELETE FROM redshift.keys AS k WHERE k.relation = ANY (dropped) OR k.target = ANY (dropped);
    DELETE FROM redshift.layouts AS l WHERE l.relation = ANY (dropped);
END $$;
CREATE EVENT TRIGGER forget_layout ON sql_drop EXECUTE FUNCTION redshift.forget_layout();

-- Instead of pg_constraint: the keys of users' tables.
CREATE VIEW redshift.pg_constraint AS
SELECT k.name AS conname, c.relnamespace AS connamespace, k.kind AS contype, k.relation AS conrelid,
    coalesce(k.target, 0) AS confrelid
FROM redshift.keys AS k JOIN pg_class AS c ON c.oid = k.relation;

-- Every column of every table and view that is a user's.
CREATE VIEW redshift.user_columns AS
SELECT
    n.nspname AS schema_name, c.relname AS table_name, c.oid AS relation, c.relkind, a.attname AS column_name,
    a.attnum::integer AS ordinal_position, format_type(a.atttypid, a.atttypmod) AS data_type, a.attnotnull AS "notnull",
    pg_get_expr(d.adbin, d.adrelid) AS column_default,
    col_description(c.oid, a.attnum) AS remarks,
    -- c_Compression_encodings: what a column has where nothing is said.
    CASE
        WHEN l.layout -> 'encodings' ? a.attname::text
            THEN replace(lower(l.layout -> 'encodings' ->> a.attname::text), 'raw', 'none')
        WHEN l.layout -> 'sort_key' ? a.attname::text THEN 'none'
        WHEN t.typname IN ('bool', 'float4', 'float8') THEN 'none'
        WHEN t.typname IN ('varchar', 'bpchar') THEN 'lzo'
        ELSE 'az64'
    END AS encoding,
    coalesce(l.layout ->> 'distribution_key' = a.attname::text, false) AS distkey,
    coalesce((SELECT position::integer FROM jsonb_array_elements_text(l.layout -> 'sort_key')
              WITH ORDINALITY AS key (name, position) WHERE key.name = a.attname::text), 0) AS sortkey
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN redshift.layouts AS l ON l.relation = c.oid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'redshift', 'redshift_files', 'pg_toast');

-- r_SVV_REDSHIFT_COLUMNS
CREATE VIEW pg_catalog.svv_redshift_columns AS
SELECT
    current_database()::varchar(128) AS database_name, schema_name::varchar(128), table_name::varchar(128),
    column_name::varchar(128), ordinal_position, data_type::varchar(32),
    coalesce(column_default, '')::varchar(4000) AS column_default,
    CASE WHEN "notnull" THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable, encoding::varchar(128), distkey, sortkey,
    ''::varchar(128) AS column_acl, coalesce(remarks, '')::varchar(256) AS remarks
FROM redshift.user_columns;

-- r_PG_TABLE_DEF: tables of the schemas in search_path alone.
CREATE VIEW pg_catalog.pg_table_def AS
SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column", data_type AS "type",
    encoding::character(32) AS encoding, distkey, sortkey, "notnull"
FROM redshift.user_columns WHERE relkind = 'r' AND schema_name = ANY (current_schemas(false));

-- r_SVV_REDSHIFT_TABLES
CREATE VIEW pg_catalog.svv_redshift_tables AS
SELECT DISTINCT current_database()::varchar(128) AS database_name, schema_name::varchar(128), table_name::varchar(128),
    CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END::varchar(128) AS table_type,
    ''::varchar(128) AS table_acl, coalesce(obj_description(relation), '')::varchar(128) AS remarks
FROM redshift.user_columns;

-- r_SVV_REDSHIFT_SCHEMAS
CREATE VIEW pg_catalog.svv_redshift_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name,
    nspowner::integer AS schema_owner, 'local'::varchar(128) AS schema_type, ''::varchar(128) AS schema_acl,
    ''::varchar(128) AS schema_option
FROM pg_namespace WHERE nspname NOT IN ('redshift', 'redshift_files');

-- r_SVV_ROLES
CREATE VIEW pg_catalog.svv_roles AS
SELECT oid::integer AS role_id, rolname::text AS role_name, ''::text AS role_owner, NULL::text AS external_id
FROM pg_roles WHERE NOT rolcanlogin AND rolname !~ '^pg_';

-- r_SVV_TABLE_INFO: tables with rows alone. What a table lacks of statistics is a percentage.
CREATE VIEW pg_catalog.svv_table_info AS
SELECT
    current_database()::text AS database, n.nspname::text AS schema, c.oid AS table_id, c.relname::text AS "table",
    upper(coalesce(l.layout ->> 'distribution', 'AUTO'))::text AS diststyle,
    (l.layout -> 'sort_key' ->> 0)::text AS sortkey1,
    coalesce(jsonb_array_length(l.layout -> 'sort_key'), 0) AS sortkey_num,
    greatest(s.n_live_tup, 0)::numeric(38, 0) AS tbl_rows,
    CASE WHEN s.last_analyze IS NULL THEN 100 ELSE
        least(100, 100.0 * s.n_mod_since_analyze / greatest(s.n_live_tup, 1)) END::numeric(5, 2) AS stats_off
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_stat_user_tables AS s ON s.relid = c.oid
LEFT JOIN redshift.layouts AS l ON l.relation = c.oid
WHERE n.nspname NOT IN ('redshift', 'redshift_files') AND s.n_live_tup > 0;

-- Files that a COPY was told to load, as the double has read them: what each column is, and the rows in a table each.
CREATE SCHEMA redshift_files;
CREATE TABLE redshift_files.loads (
    id integer PRIMARY KEY,
    files jsonb NOT NULL  -- for each file its columns
);

-- r_PG_LAST_COPY_COUNT: rows that the session's last COPY loaded.
CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT coalesce(nullif(current_setting('redshift.last_copy', true), ''), '0')::bigint $$;

-- The load of files that were read into a table of `redshift_files`. The target may be one that only this transaction
-- sees. copy-usage_notes-copy-from-columnar: by position, and the numbers of columns must match.
CREATE FUNCTION redshift.copy_into(target regclass, load integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    file jsonb;
    loaded bigint;
BEGIN
    FOR file IN SELECT jsonb_array_elements(files) FROM redshift_files.loads WHERE id = load LOOP
        PERFORM redshift.require_fit(target, file);
    END LOOP;
    EXECUTE format('INSERT INTO %s SELECT * FROM redshift_files.load_%s', target, load);
    GET DIAGNOSTICS loaded = ROW_COUNT;
    PERFORM set_config('redshift.last_copy', loaded::text, false);
    RAISE INFO 'Load into table ''%'' completed, % record(s) loaded successfully.',
        (SELECT relname FROM pg_class WHERE oid = target), loaded;
END $$;

CREATE FUNCTION redshift.require_fit(target regclass, file jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
    given jsonb;
BEGIN
    FOR wanted IN
        SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind, t.typname AS base,
            a.atttypmod - 4 AS length, row_number() OVER (ORDER BY a.attnum) - 1 AS place, count(*) OVER () AS columns
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    LOOP
        given := file -> wanted.place::integer;
        IF wanted.columns <> jsonb_array_length(file) THEN
            PERFORM redshift.fail_scan(format(
                'Unmatched number of columns between table and file. Table columns: %s, Data columns: %s, '
                'File name: %s', wanted.columns, jsonb_array_length(file), file -> 0 ->> 'file'));
        ELSIF wanted.base = 'varchar' AND given ->> 'kind' = 'character varying' THEN
            IF (given ->> 'bytes')::integer > wanted.length THEN
                PERFORM redshift.fail_scan(format(
                    'The length of the data column %s is longer than the length defined in the table. '
                    'Table: %s, Data: %s', wanted.name, wanted.length, given ->> 'bytes'));
            END IF;
        ELSIF given ->> 'kind' <> wanted.kind THEN
            PERFORM redshift.fail_scan(format('File ''%s'' has an incompatible Parquet schema for column ''%s''. '
                'Column type: %s, Parquet schema: %s', given ->> 'file', wanted.name, upper(wanted.kind),
                given ->> 'parquet'));
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION redshift.fail_scan(context text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = 'Spectrum Scan Error', ERRCODE = 'XX000', DETAIL = concat_ws(E'\n',
        '', '  -----------------------------------------------', '  error:  Spectrum Scan Error', '  code:      15007',
        '  context:   ' || context, '  -----------------------------------------------');
END $$;

GRANT USAGE ON SCHEMA redshift, redshift_files TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA redshift, redshift_files TO PUBLIC;
GRANT SELECT ON svv_redshift_columns, pg_table_def, svv_redshift_tables, svv_redshift_schemas, svv_roles, svv_table_info
    TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA redshift_files GRANT SELECT ON TABLES TO PUBLIC;
