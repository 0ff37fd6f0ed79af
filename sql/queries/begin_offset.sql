-- $1 topic text, $2 partition integer, $3 next bigint: nothing when the partition is there already
INSERT INTO sink_offset (topic, partition, next) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING next
