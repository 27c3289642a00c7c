-- A role serves all datasets: where it exists already, leave its CREATE ROLE out.
CREATE ROLE "covid_lake_reader";
GRANT USAGE ON SCHEMA "stedi" TO ROLE "covid_lake_reader";
GRANT SELECT ON TABLE "stedi"."customer", "stedi"."machine_learning", "stedi"."machine_learning_strict", "stedi"."v_customer_rows", "stedi"."v_training_rows" TO ROLE "covid_lake_reader";
CREATE ROLE "covid_lake_operator";
GRANT USAGE ON SCHEMA "stedi_staging" TO ROLE "covid_lake_operator";
GRANT SELECT ON TABLE "stedi_staging"."loaded_versions", "stedi_staging"."loads" TO ROLE "covid_lake_operator";
