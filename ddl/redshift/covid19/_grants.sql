-- A role serves all datasets: where it exists already, leave its CREATE ROLE out.
CREATE ROLE "covid_lake_reader";
GRANT USAGE ON SCHEMA "covid19" TO ROLE "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_date", "covid19"."dim_region", "covid19"."bridge_region", "covid19"."dim_hospital", "covid19"."fact_cases", "covid19"."fact_testing", "covid19"."fact_covid", "covid19"."v_cases", "covid19"."v_newest_day", "covid19"."v_state_daily" TO ROLE "covid_lake_reader";
CREATE ROLE "covid_lake_operator";
GRANT USAGE ON SCHEMA "covid19_staging" TO ROLE "covid_lake_operator";
GRANT SELECT ON TABLE "covid19_staging"."loaded_versions", "covid19_staging"."loads" TO ROLE "covid_lake_operator";
