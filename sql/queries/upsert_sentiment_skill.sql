-- One array a column, in the order of the column list. Of a day, the newest skill stays.
INSERT INTO sentiment_skill_data AS stored (
    timestamp, crypto_symbol, pair, horizon, as_of, hours, skill, standard_error, revision
)
SELECT * FROM unnest(
    $1::timestamptz[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::integer[],
    $7::float8[], $8::float8[], $9::bigint[]
)
ON CONFLICT (crypto_symbol, pair, horizon, timestamp) DO UPDATE SET
    as_of = excluded.as_of,
    hours = excluded.hours,
    skill = excluded.skill,
    standard_error = excluded.standard_error,
    revision = excluded.revision
WHERE (stored.as_of, stored.revision) < (excluded.as_of, excluded.revision)
