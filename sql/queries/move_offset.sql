-- $1 topic text, $2 partition integer, $3 first bigint, $4 next bigint: moved only from first
UPDATE sink_offset SET next = $4
WHERE topic = $1 AND partition = $2 AND next = $3
RETURNING next
