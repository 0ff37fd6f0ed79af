-- One array a column, in the order of the column list. Of a day, the newest score stays.
INSERT INTO score_data AS stored (
    timestamp, crypto_symbol, pair, model_name, horizon, period, as_of, count, mae, mape, bias,
    coverage, mean_width, interval_score, skill, direction_accuracy, revision
)
SELECT * FROM unnest(
    $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[],
    $7::timestamptz[], $8::integer[], $9::float8[], $10::float8[], $11::float8[],
    $12::float8[], $13::float8[], $14::float8[], $15::float8[], $16::float8[], $17::bigint[]
)
ON CONFLICT (pair, model_name, horizon, period, timestamp) DO UPDATE SET
    as_of = excluded.as_of,
    count = excluded.count,
    mae = excluded.mae,
    mape = excluded.mape,
    bias = excluded.bias,
    coverage = excluded.coverage,
    mean_width = excluded.mean_width,
    interval_score = excluded.interval_score,
    skill = excluded.skill,
    direction_accuracy = excluded.direction_accuracy,
    revision = excluded.revision
WHERE (stored.as_of, stored.revision) < (excluded.as_of, excluded.revision)
