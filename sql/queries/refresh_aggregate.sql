-- $1 name text, $2 start or null for the beginning, $3 end timestamptz
CALL refresh_continuous_aggregate($1::text::regclass, $2::timestamptz, $3::timestamptz)
