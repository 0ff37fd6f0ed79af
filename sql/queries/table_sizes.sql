-- No parameters.
SELECT table_name, row_estimate, bytes, chunks, compressed_chunks FROM table_sizes()
