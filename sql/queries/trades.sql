-- $1 start, $2 end, $3 partition, $4 offset, $5 most, $6 pair; newest first
SELECT
    count(*) AS found,
    string_agg(
        '{"timestamp":' || to_json(timestamp)::text
        -- Once a page, not once a row.
        || (SELECT ',"pair":' || to_json($6::text)::text || ',"price":') || price::text
        || ',"volume":' || volume::text
        || ',"side":' || coalesce(to_json(side)::text, 'null') || '}',
        E',\n'
    ) AS body,
    (array_agg(timestamp))[least(count(*), $5 - 1)] AS last_time,
    (array_agg(source_partition))[least(count(*), $5 - 1)] AS last_partition,
    (array_agg(source_offset))[least(count(*), $5 - 1)] AS last_offset
FROM (
    SELECT *
    FROM (
        -- In the order that indexes and compressed chunks have, with all ties of the last row.
        -- Only these are sorted, not all that a chunk has.
        SELECT timestamp, pair, price, volume, side, source_partition, source_offset
        FROM trade_data
        WHERE pair = $6 AND timestamp >= $1 AND timestamp <= $2
            AND (timestamp, source_partition, source_offset) < ($2, $3::bigint, $4)
        ORDER BY timestamp DESC
        FETCH FIRST ($5) ROWS WITH TIES
    ) AS newest
    ORDER BY timestamp DESC, source_partition DESC, source_offset DESC
    LIMIT $5
) AS page
