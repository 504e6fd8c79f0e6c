-- Dead letters pile up where an outside system stays broken: whatever the list filters by stands in the index, so that
-- looking through a hundred thousand of them touches no row.
DROP INDEX outbox_job_open;
CREATE INDEX outbox_job_open ON outbox_job (organisation_id, state, seq, system, action, in_doubt, attempts)
  WHERE state IN ('queued', 'sending', 'held', 'failed');

-- The same for what came in and did not simply work.
DROP INDEX inbound_event_trouble;
CREATE INDEX inbound_event_trouble ON inbound_event (organisation_id, state, seq, source) WHERE state <> 'worked';
