-- $1 start, $2 end, $3 partition, $4 offset, $5 most, $6 pair; newest first
SELECT
    count(*) AS found,
    string_agg(
        '{"timestamp":' || to_json(timestamp)::text
        || ',"pair":' || to_json(pair)::text
        || ',"last":' || last::text
        || ',"bid":' || coalesce(bid::text, 'null')
        || ',"ask":' || coalesce(ask::text, 'null')
        || ',"volume_24h":' || coalesce(volume_24h::text, 'null') || '}',
        E',\n'
    ) AS body,
    (array_agg(timestamp))[least(count(*), $5 - 1)] AS last_time,
    (array_agg(source_partition))[least(count(*), $5 - 1)] AS last_partition,
    (array_agg(source_offset))[least(count(*), $5 - 1)] AS last_offset
FROM (
    SELECT timestamp, pair, last, bid, ask, volume_24h, source_partition, source_offset
    FROM ticker_data
    WHERE pair = $6 AND timestamp >= $1 AND timestamp <= $2
        AND timestamp >= (
            -- TimescaleDB compresses chunks after a week, in the order of time alone. It would sort
            -- all that a chunk has of the pair, ties and all. The time of the page's last row is
            -- found in that order, and then only rows from there on are sorted.
            SELECT coalesce(
                CASE
                    WHEN $2 < now() - INTERVAL '7 days'
                        AND current_setting('timescaledb.license', true) IS NOT NULL
                    THEN (
                        SELECT timestamp
                        FROM ticker_data
                        WHERE pair = $6 AND timestamp >= $1 AND timestamp < $2
                        ORDER BY timestamp DESC
                        LIMIT 1 OFFSET $5 - 1
                    )
                END,
                $1
            )
        )
        AND (timestamp, source_partition, source_offset) < ($2, $3::bigint, $4)
    ORDER BY timestamp DESC, source_partition DESC, source_offset DESC
    LIMIT $5
) AS page
