-- An index that holds the state of a delivery is written when it is enqueued, claimed and settled. So each state has its own:
-- what waits, what is under way (`outbox_job_leased`: few), and what needs a look; a delivery that simply works is put into
-- the first and taken out again.
DROP INDEX outbox_job_open;
CREATE INDEX outbox_job_waiting ON outbox_job (organisation_id, state, seq, system, action, in_doubt, attempts)
  WHERE state = 'queued';
CREATE INDEX outbox_job_stuck ON outbox_job (organisation_id, state, seq, system, action, in_doubt, attempts)
  WHERE state IN ('held', 'failed');
