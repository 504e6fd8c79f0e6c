-- Alerts, their append-only timeline, and where each message to a channel stands. Instants INTEGER milliseconds UTC.

CREATE TABLE alert (
  organisation_id    TEXT    NOT NULL,
  id                 TEXT    NOT NULL,
  number             INTEGER NOT NULL,         -- A-1042
  dedup_key          TEXT    NOT NULL,
  source             TEXT    NOT NULL,
  reported_severity  TEXT    NOT NULL CHECK (reported_severity IN ('info', 'warning', 'critical', 'emergency')),
  severity           TEXT    NOT NULL CHECK (severity IN ('info', 'warning', 'critical', 'emergency')),
  title              TEXT    NOT NULL,
  detail             TEXT    NOT NULL,
  venues             TEXT    NOT NULL,         -- JSON [{name, region}]
  links              TEXT    NOT NULL,
  template           TEXT,
  group_key          TEXT    NOT NULL,
  state              TEXT    NOT NULL CHECK (state IN ('firing', 'acknowledged', 'escalated', 'resolved', 'snoozed')),
  step               INTEGER NOT NULL DEFAULT 0,
  version            INTEGER NOT NULL DEFAULT 1, -- grows with every message; part of its key
  owner              TEXT,
  owner_name         TEXT,
  owner_note         TEXT    NOT NULL DEFAULT '',
  raised_at          INTEGER NOT NULL,
  observed_at        INTEGER,
  last_seen_at       INTEGER NOT NULL,
  count              INTEGER NOT NULL DEFAULT 1,
  resolved_at        INTEGER,
  step_at            INTEGER NOT NULL,         -- when the present step began; the next is counted from here
  next_step_at       INTEGER,                  -- due escalation
  until              INTEGER,                  -- end of an acknowledgement or a snooze
  silence_id         TEXT,
  silenced_until     INTEGER,
  flapping           INTEGER NOT NULL DEFAULT 0 CHECK (flapping IN (0, 1)),
  flap_last          TEXT,                     -- last change while flapping: raised or resolved
  told_ms            INTEGER,                  -- commit to the last channel accepted (R2)
  reasons            TEXT    NOT NULL,         -- JSON, the chain of rules that routed it
  context            TEXT    NOT NULL,         -- JSON, what enrichment found when it was raised
  PRIMARY KEY (organisation_id, id),
  UNIQUE (organisation_id, number)
) STRICT;
-- The same problem is one open alert, whatever happens at once.
CREATE UNIQUE INDEX alert_open_key ON alert (organisation_id, dedup_key) WHERE state <> 'resolved';
CREATE INDEX alert_key ON alert (organisation_id, dedup_key, resolved_at);
CREATE INDEX alert_open ON alert (organisation_id, raised_at) WHERE state <> 'resolved';
CREATE INDEX alert_resolved ON alert (organisation_id, resolved_at) WHERE state = 'resolved';

CREATE TABLE alert_timeline (
  seq             INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  alert_id        TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  kind            TEXT    NOT NULL,
  actor           TEXT    NOT NULL,
  channel         TEXT    NOT NULL,
  text            TEXT    NOT NULL
) STRICT;
CREATE INDEX alert_timeline_alert ON alert_timeline (organisation_id, alert_id, seq);
CREATE TRIGGER alert_timeline_no_update BEFORE UPDATE ON alert_timeline
BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;

CREATE TABLE alert_delivery (
  organisation_id  TEXT    NOT NULL,
  id               TEXT    NOT NULL,
  alert_id         TEXT    NOT NULL,
  kind             TEXT    NOT NULL,           -- firing, escalated, acknowledged, …
  step             INTEGER NOT NULL,
  channel          TEXT    NOT NULL,
  destination_id   TEXT    NOT NULL,
  destination_name TEXT    NOT NULL,
  rule             TEXT    NOT NULL,
  state            TEXT    NOT NULL CHECK (state IN
                   ('waiting', 'quiet', 'bundled', 'accepted', 'arrived', 'held', 'failed', 'superseded', 'not_connected')),
  job_id           TEXT,
  bundle_id        TEXT,
  started_at       INTEGER NOT NULL,
  due_at           INTEGER NOT NULL,
  settled_at       INTEGER,
  covered          INTEGER NOT NULL DEFAULT 0 CHECK (covered IN (0, 1)),
  problem          TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE INDEX alert_delivery_alert ON alert_delivery (organisation_id, alert_id, started_at);
CREATE INDEX alert_delivery_job ON alert_delivery (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX alert_delivery_open ON alert_delivery (organisation_id, due_at) WHERE state IN ('waiting', 'quiet');
CREATE INDEX alert_delivery_recent ON alert_delivery (organisation_id, destination_id, started_at);

CREATE TABLE alert_bundle (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  channel         TEXT    NOT NULL,
  destination_id  TEXT    NOT NULL,
  started_at      INTEGER NOT NULL,
  due_at          INTEGER NOT NULL,
  sent_at         INTEGER,
  job_id          TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE INDEX alert_bundle_open ON alert_bundle (organisation_id, due_at) WHERE sent_at IS NULL;
CREATE INDEX alert_bundle_job ON alert_bundle (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE silence (
  organisation_id     TEXT    NOT NULL,
  id                  TEXT    NOT NULL,
  kind                TEXT    NOT NULL CHECK (kind IN ('silence', 'maintenance')),
  matcher             TEXT    NOT NULL,
  starts_at           INTEGER NOT NULL,
  ends_at             INTEGER NOT NULL,
  recurring           TEXT,
  include_emergencies INTEGER NOT NULL CHECK (include_emergencies IN (0, 1)),
  author              TEXT    NOT NULL,
  reason              TEXT    NOT NULL,
  reminded            INTEGER NOT NULL DEFAULT 0 CHECK (reminded IN (0, 1)),
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE INDEX silence_end ON silence (organisation_id, ends_at);

CREATE TABLE alert_recovery (
  organisation_id TEXT    NOT NULL,
  alert_id        TEXT    NOT NULL,
  step_id         TEXT    NOT NULL,
  done_by         TEXT    NOT NULL,
  done_at         INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, alert_id, step_id)
) STRICT;

CREATE TABLE handover_note (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  author          TEXT    NOT NULL,
  text            TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE TABLE preflight_run (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  by_person       TEXT    NOT NULL,
  ok              INTEGER NOT NULL CHECK (ok IN (0, 1)),
  checks          TEXT    NOT NULL,            -- JSON [{check, ok, detail, fix}]
  PRIMARY KEY (organisation_id, id)
) STRICT;

-- What ran for which period, so that nothing planned runs twice (R31, R33).
CREATE TABLE weekend_run (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,            -- preflight-noon, preflight-evening, weekend-report
  period          TEXT    NOT NULL,            -- Friday of that weekend
  at              INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name, period)
) STRICT;
