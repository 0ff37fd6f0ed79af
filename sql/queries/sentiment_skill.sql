-- $1 start, $2 end, $3 pair, $4 horizon, $5 most, $6 crypto, $7 final before; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(shown)::text, E',\n') AS body,
    (array_agg(page.timestamp))[least(count(*), $5 - 1)] AS last_time,
    (array_agg(page.pair))[least(count(*), $5 - 1)] AS last_pair,
    (array_agg(page.horizon))[least(count(*), $5 - 1)] AS last_horizon
FROM (
    SELECT *
    FROM sentiment_skill_data
    WHERE timestamp >= $1 AND timestamp <= $2
        AND (timestamp, pair, horizon) < ($2, $3, $4::bigint)
        AND crypto_symbol = $6
    ORDER BY timestamp DESC, pair DESC, horizon DESC
    LIMIT $5
) AS page
CROSS JOIN LATERAL (
    SELECT
        page.timestamp, page.crypto_symbol, page.pair, page.horizon, page.as_of, page.hours,
        page.skill, page.standard_error, page.revision,
        page.timestamp < $7 AS final
) AS shown
