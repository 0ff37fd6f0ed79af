-- One array a column, in the order of the column list. What was predicted is never changed: a
-- higher revision brings the actual price only.
INSERT INTO prediction_data AS stored (
    timestamp, crypto_symbol, predicted_price, actual_price, model_name,
    confidence_interval_low, confidence_interval_high, pair, made_at, horizon, level, revision
)
SELECT * FROM unnest(
    $1::timestamptz[], $2::text[], $3::float8[], $4::float8[], $5::text[],
    $6::float8[], $7::float8[], $8::text[], $9::timestamptz[], $10::integer[], $11::float8[],
    $12::integer[]
)
ON CONFLICT (pair, model_name, horizon, timestamp) DO UPDATE SET
    actual_price = excluded.actual_price,
    revision = excluded.revision
WHERE stored.revision < excluded.revision
