-- Everything that leaves the machine. A row is written in the transaction of the fact that causes it (R8).

CREATE TABLE outbox_job (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL UNIQUE,
  organisation_id TEXT    NOT NULL,
  connection_id   TEXT    NOT NULL REFERENCES connection (id),
  system          TEXT    NOT NULL,
  action          TEXT    NOT NULL,
  delivery_class  TEXT    NOT NULL
                  CHECK (delivery_class IN ('never-miss', 'never-twice', 'keyed-upsert', 'telemetry')),
  priority        INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  payload         TEXT    NOT NULL CHECK (json_valid(payload)),
  payload_version INTEGER NOT NULL,
  idempotency_key TEXT    NOT NULL,
  order_key       TEXT,
  state           TEXT    NOT NULL
                  CHECK (state IN ('queued', 'sending', 'delivered', 'held', 'failed', 'cancelled')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  in_doubt        INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
  lookups         INTEGER NOT NULL DEFAULT 0,
  doubt_since     INTEGER,
  run_at          INTEGER NOT NULL,
  expires_at      INTEGER,
  lease_owner     TEXT,                        -- id of the program start that is sending it
  lease_until     INTEGER,
  last_failure    TEXT,
  receipt         TEXT,
  replay_of       TEXT,                        -- the job this one repeats with present settings (R12)
  created_at      INTEGER NOT NULL,
  settled_at      INTEGER,
  CHECK ((state = 'sending') = (lease_owner IS NOT NULL)),
  UNIQUE (connection_id, action, idempotency_key)
) STRICT;

CREATE INDEX outbox_job_due ON outbox_job (connection_id, priority, run_at) WHERE state = 'queued';
CREATE INDEX outbox_job_next ON outbox_job (connection_id, run_at) WHERE state = 'queued';
CREATE INDEX outbox_job_order ON outbox_job (connection_id, order_key, seq)
  WHERE order_key IS NOT NULL AND state IN ('queued', 'sending', 'held');
CREATE INDEX outbox_job_leased ON outbox_job (lease_owner) WHERE state = 'sending';
CREATE INDEX outbox_job_expiry ON outbox_job (expires_at) WHERE state = 'queued' AND expires_at IS NOT NULL;
-- Lists and counts of what needs a look; delivered rows are many and found by seq.
CREATE INDEX outbox_job_open ON outbox_job (organisation_id, state, seq) WHERE state IN ('queued', 'sending', 'held', 'failed');

CREATE TABLE outbox_attempt (
  seq             INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  connection_id   TEXT    NOT NULL,
  job_id          TEXT    NOT NULL,
  number          INTEGER NOT NULL,
  stage           TEXT    NOT NULL CHECK (stage IN ('send', 'look-up', 'recover')),
  started_at      INTEGER NOT NULL,
  ended_at        INTEGER NOT NULL,
  failure         TEXT,
  -- accepted: the provider took it; arrived, bounced: it told us later what became of it (R1)
  receipt         TEXT    CHECK (receipt IN ('accepted', 'arrived', 'bounced')),
  note            TEXT
) STRICT;

CREATE INDEX outbox_attempt_job ON outbox_attempt (job_id);
