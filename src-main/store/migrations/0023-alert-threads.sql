-- A later state of an alert edits or threads what was sent before to the same place: those messages, quickly.
CREATE INDEX outbox_job_told ON outbox_job (connection_id, order_key, seq)
  WHERE order_key IS NOT NULL AND state = 'delivered' AND delivery_class = 'never-miss';
