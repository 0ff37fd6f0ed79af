-- $1 start, $2 end, $3 pair, $4 model, $5 horizon, $6 most, $7 crypto, $8 model?; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(shown)::text, E',\n') AS body,
    (array_agg(page.timestamp))[least(count(*), $6 - 1)] AS last_time,
    (array_agg(page.pair))[least(count(*), $6 - 1)] AS last_pair,
    (array_agg(page.model_name))[least(count(*), $6 - 1)] AS last_model_name,
    (array_agg(page.horizon))[least(count(*), $6 - 1)] AS last_horizon
FROM (
    SELECT *
    FROM (
        -- In the order that indexes and compressed chunks have, with all ties of the last row.
        -- Only these are sorted, not all that a chunk has.
        SELECT
            timestamp, crypto_symbol, predicted_price, actual_price, model_name,
            confidence_interval_low, confidence_interval_high, pair, made_at, horizon, level,
            revision
        FROM prediction_data
        WHERE timestamp >= $1 AND timestamp <= $2
            AND (timestamp, pair, model_name, horizon) < ($2, $3, $4, $5::bigint)
            AND crypto_symbol = $7
            AND ($8::text IS NULL OR model_name = $8)
        ORDER BY timestamp DESC
        FETCH FIRST ($6) ROWS WITH TIES
    ) AS newest
    ORDER BY timestamp DESC, pair DESC, model_name DESC, horizon DESC
    LIMIT $6
) AS page
CROSS JOIN LATERAL (
    SELECT
        page.timestamp, page.crypto_symbol, page.predicted_price, page.actual_price,
        page.model_name, page.confidence_interval_low, page.confidence_interval_high, page.pair,
        page.made_at, page.horizon, page.level, page.revision,
        page.actual_price IS NOT NULL AS final
) AS shown
