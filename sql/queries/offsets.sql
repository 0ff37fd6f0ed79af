-- $1 topic text
SELECT partition, next FROM sink_offset WHERE topic = $1
