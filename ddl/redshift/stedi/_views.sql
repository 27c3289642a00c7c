CREATE VIEW "stedi"."v_customer_rows" AS
SELECT
  "m"."phone_owner" AS "customer",
  COUNT(*) AS "published_rows",
  SUM(CASE WHEN "m"."is_same_customer" AND "m"."is_after_consent" THEN 1 ELSE 0 END) AS "strict_rows",
  MIN("m"."read_at") AS "first_read_at",
  MAX("m"."read_at") AS "last_read_at"
FROM "stedi"."machine_learning" AS "m"
GROUP BY
  "m"."phone_owner"
WITH NO SCHEMA BINDING;
COMMENT ON VIEW "stedi"."v_customer_rows" IS 'A customer whose phone is in the published training table.';
CREATE VIEW "stedi"."v_training_rows" AS
SELECT
  "m"."sensor_reading_time",
  "m"."read_at",
  CAST("m"."read_at" AS DATE) AS "reading_date",
  "m"."customer",
  CASE WHEN "m"."split_percent" < 80 THEN 'train' ELSE 'test' END AS "side",
  "m"."distance_from_object",
  "m"."x",
  "m"."y",
  "m"."z"
FROM "stedi"."machine_learning_strict" AS "m"
WITH NO SCHEMA BINDING;
COMMENT ON VIEW "stedi"."v_training_rows" IS 'A step-trainer reading and an accelerometer reading of one time and customer, after consent, with its side of a split by customer.';
