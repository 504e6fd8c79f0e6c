-- Lists over millions of deliveries: each filter walks one of these backwards by seq. None holds the state, so settling
-- a job writes none of them.
CREATE INDEX outbox_job_organisation ON outbox_job (organisation_id);
CREATE INDEX outbox_job_action ON outbox_job (organisation_id, system, action);
CREATE INDEX outbox_job_system ON outbox_job (organisation_id, system);
CREATE INDEX outbox_job_cancelled ON outbox_job (organisation_id) WHERE state = 'cancelled';
CREATE INDEX outbox_job_doubt ON outbox_job (organisation_id) WHERE in_doubt = 1;
-- Success rate, 95th percentile and quota of a connection; attempts are only ever added.
CREATE INDEX outbox_attempt_connection ON outbox_attempt (connection_id, started_at);

-- Depth of the queue, once a minute.
CREATE TABLE queue_sample (
  organisation_id TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  waiting         INTEGER NOT NULL,
  oldest_ms       INTEGER NOT NULL,
  dead            INTEGER NOT NULL,
  held            INTEGER NOT NULL,
  in_doubt        INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE breaker_change (
  organisation_id TEXT    NOT NULL,
  connection_id   TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('closed', 'open', 'half-open')),
  PRIMARY KEY (connection_id, at, state)
) STRICT, WITHOUT ROWID;

-- Result of the last health check of each connection, and since when it has been failing.
CREATE TABLE system_health (
  organisation_id TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  checked_at      INTEGER NOT NULL,
  next_check_at   INTEGER NOT NULL,
  latency_ms      INTEGER NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('healthy', 'degraded', 'down')),
  checks          TEXT    NOT NULL CHECK (json_valid(checks)),
  failing_since   INTEGER,
  told_at         INTEGER,
  PRIMARY KEY (organisation_id, system)
) STRICT, WITHOUT ROWID;
