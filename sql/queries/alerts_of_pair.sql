-- $1 start, $2 end, $3 partition, $4 offset, $5 most, $6 type?, $7 pair; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(shown)::text, E',\n') AS body,
    (array_agg(page.timestamp))[least(count(*), $5 - 1)] AS last_time,
    (array_agg(page.source_partition))[least(count(*), $5 - 1)] AS last_partition,
    (array_agg(page.source_offset))[least(count(*), $5 - 1)] AS last_offset
FROM (
    SELECT *
    FROM (
        -- In the order that indexes and compressed chunks have, with all ties of the last row.
        -- Only these are sorted, not all that a chunk has.
        SELECT
            timestamp, pair, last_price, change_percent, threshold, alert_type, source_partition,
            source_offset
        FROM alert_data
        WHERE timestamp >= $1 AND timestamp <= $2
            AND (timestamp, source_partition, source_offset) < ($2, $3::bigint, $4)
            AND ($6::text IS NULL OR alert_type = $6)
            AND pair = $7
        ORDER BY timestamp DESC
        FETCH FIRST ($5) ROWS WITH TIES
    ) AS newest
    ORDER BY timestamp DESC, source_partition DESC, source_offset DESC
    LIMIT $5
) AS page
CROSS JOIN LATERAL (
    SELECT
        page.timestamp, page.pair, page.last_price, page.change_percent, page.threshold,
        page.alert_type
) AS shown
