-- $1 days integer, $2 most integer: rows of one table deleted in one call
SELECT drop_expired($1, $2)
