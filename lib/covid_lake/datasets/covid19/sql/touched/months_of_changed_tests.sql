-- The months of the tests that are not the same before and after.
WITH before AS (
    SELECT region_id, report_date, positive, negative, hospitalized_currently, hospitalized, hospitalized_discharged
    FROM removed_trusted.testing_states_daily
),
after AS (
    SELECT region_id, report_date, positive, negative, hospitalized_currently, hospitalized, hospitalized_discharged
    FROM added_trusted.testing_states_daily
)
SELECT DISTINCT strftime(report_date, '%Y-%m') AS month
FROM (
    (FROM before EXCEPT ALL FROM after)
    UNION ALL
    (FROM after EXCEPT ALL FROM before)
)
