-- $1 start, $2 end, $3 model, $4 horizon, $5 period, $6 most, $7 pair, $8 final before; $9 model?, $10 horizon?, $11 period?; newest first
SELECT
    count(*) AS found,
    string_agg(row_to_json(shown)::text, E',\n') AS body,
    (array_agg(page.timestamp))[least(count(*), $6 - 1)] AS last_time,
    (array_agg(page.model_name))[least(count(*), $6 - 1)] AS last_model_name,
    (array_agg(page.horizon))[least(count(*), $6 - 1)] AS last_horizon,
    (array_agg(page.period))[least(count(*), $6 - 1)] AS last_period
FROM (
    SELECT *
    FROM score_data
    WHERE timestamp >= $1 AND timestamp <= $2
        AND (timestamp, model_name, horizon, period) < ($2, $3, $4::bigint, $5)
        AND pair = $7
        AND ($9::text IS NULL OR model_name = $9)
        AND ($10::bigint IS NULL OR horizon = $10)
        AND ($11::text IS NULL OR period = $11)
    ORDER BY timestamp DESC, model_name DESC, horizon DESC, period DESC
    LIMIT $6
) AS page
CROSS JOIN LATERAL (
    SELECT
        page.timestamp, page.crypto_symbol, page.pair, page.model_name, page.horizon, page.period,
        page.as_of, page.count, page.mae, page.mape, page.bias, page.coverage, page.mean_width,
        page.interval_score, page.skill, page.direction_accuracy, page.revision,
        page.timestamp < $8 AS final
) AS shown
