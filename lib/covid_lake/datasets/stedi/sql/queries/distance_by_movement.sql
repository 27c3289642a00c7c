-- name: distance_by_movement
-- tour: 3
-- question: Does the device measure another distance when the phone moves in another direction?
-- shows: The movement along each axis, rows, customers, and the least, mean and greatest distance.
-- grain: A movement that occurs in the strict training set, the greatest mean distance first.
-- parameters: fewest_rows (movements with fewer rows are left out).
WITH params AS (
    SELECT 1 AS fewest_rows
)
SELECT
    m.x,
    m.y,
    m.z,
    count(*) AS row_count,
    count(DISTINCT m.customer) AS customers,
    min(m.distance_from_object) AS least_distance,
    CAST(avg(CAST(m.distance_from_object AS DOUBLE)) AS DECIMAL(18, 2)) AS mean_distance,
    max(m.distance_from_object) AS greatest_distance
FROM stedi_curated.machine_learning_strict m
CROSS JOIN params p
GROUP BY m.x, m.y, m.z, p.fewest_rows
HAVING count(*) >= p.fewest_rows
ORDER BY mean_distance DESC, m.x, m.y, m.z
