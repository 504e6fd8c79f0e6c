-- Which CRMs a vendor uses, and what was pushed there.

CREATE TABLE vendor_crm (
  organisation_id TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  crm             TEXT    NOT NULL CHECK (crm IN ('tave', 'honeybook', 'lightblue')),
  -- What the adapter needs to find the vendor's record, JSON.
  target          TEXT    NOT NULL CHECK (json_valid(target)),
  automatic       INTEGER NOT NULL DEFAULT 0,
  -- Automatic pushes whose largest change is above this many percent wait for a person.
  ceiling_percent INTEGER NOT NULL DEFAULT 50,
  automatic_why   TEXT    NOT NULL DEFAULT '',
  -- What we wrote last, by field, JSON: anything else found there was edited by somebody.
  last_written    TEXT,
  last_written_at INTEGER,
  last_period     TEXT,
  confirmed_by    TEXT    NOT NULL,
  confirmed_at    INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, vendor_id, crm)
) STRICT;

CREATE TABLE crm_push (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  crm             TEXT    NOT NULL,
  period          TEXT    NOT NULL,
  revision        INTEGER NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('to_approve', 'approved', 'held', 'conflict', 'sending', 'sent',
    'verified', 'refused', 'in_doubt')),
  -- [{key, name, now, next, formula, inputs, estimate, take}] as JSON.
  fields          TEXT    NOT NULL CHECK (json_valid(fields)),
  note            TEXT    NOT NULL DEFAULT '',
  hash            TEXT    NOT NULL,
  changes         INTEGER NOT NULL,
  saving_minor    INTEGER NOT NULL,
  -- When the CRM's values were read; null: not yet, or the CRM cannot be read.
  read_at         INTEGER,
  problem         TEXT,
  hold_reason     TEXT,
  approved_by     TEXT,
  approved_at     INTEGER,
  job_id          TEXT,
  sent_at         INTEGER,
  settled_at      INTEGER,
  -- Per field as read back after the push, JSON.
  read_back       TEXT,
  evidence        TEXT,
  -- A new client's event that asked for this push.
  event_at        INTEGER,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE UNIQUE INDEX crm_push_once ON crm_push (organisation_id, vendor_id, crm, period);
CREATE INDEX crm_push_period ON crm_push (organisation_id, period, state);

-- Who did what with a push, newest last.
CREATE TABLE crm_push_history (
  seq             INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  push_id         TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  who             TEXT    NOT NULL,
  what            TEXT    NOT NULL,
  detail          TEXT    NOT NULL
) STRICT;
CREATE INDEX crm_push_history_push ON crm_push_history (organisation_id, push_id, seq);

CREATE TABLE crm_setting (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  value           TEXT    NOT NULL CHECK (json_valid(value)),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name)
) STRICT;
