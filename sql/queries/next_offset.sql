-- $1 topic text, $2 partition integer
SELECT next FROM sink_offset WHERE topic = $1 AND partition = $2
