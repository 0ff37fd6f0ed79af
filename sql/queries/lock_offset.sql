-- $1 topic text, $2 partition integer: the row stays locked until the transaction ends
SELECT next FROM sink_offset WHERE topic = $1 AND partition = $2 FOR UPDATE
