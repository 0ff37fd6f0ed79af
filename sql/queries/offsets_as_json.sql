-- $1 topic text: the next offset of each of its partitions, as one JSON object
SELECT coalesce(json_object_agg(partition, next), '{}')::text FROM sink_offset WHERE topic = $1
