-- Webhooks in: who may send, what came, and what each event did.

CREATE TABLE inbound_source (
  organisation_id TEXT    NOT NULL REFERENCES organisation (id),
  source          TEXT    NOT NULL,
  mode            TEXT    NOT NULL DEFAULT 'on' CHECK (mode IN ('on', 'off')),
  public_url      TEXT    NOT NULL DEFAULT '',
  options         TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(options)),
  cors_origins    TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(cors_origins)),
  -- Since when a newer secret stands beside the old one, and when the old one was last seen.
  rotated_at      INTEGER,
  old_used_at     INTEGER,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source)
) STRICT, WITHOUT ROWID;

-- Only authentic requests come here, raw, before they are answered (W1, W6).
CREATE TABLE inbound_event (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL UNIQUE,
  organisation_id TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  dedupe_key      TEXT    NOT NULL,
  priority        INTEGER NOT NULL,            -- 0 first: wedding-day traffic (W7)
  received_at     INTEGER NOT NULL,
  headers         TEXT    NOT NULL,            -- JSON, only names that carry no secret
  body            BLOB    NOT NULL,
  key_used        INTEGER NOT NULL CHECK (key_used IN (0, 1)),   -- 1: the old one of a rotation
  state           TEXT    NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'worked', 'ignored', 'failed')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  due_at          INTEGER NOT NULL,
  worked_at       INTEGER,
  outcome         TEXT    NOT NULL DEFAULT '',
  duplicates      INTEGER NOT NULL DEFAULT 0,
  replay_of       TEXT,
  forced          INTEGER NOT NULL DEFAULT 0 CHECK (forced IN (0, 1))
) STRICT;

CREATE INDEX inbound_event_key ON inbound_event (organisation_id, source, dedupe_key, received_at);
CREATE INDEX inbound_event_due ON inbound_event (priority, seq) WHERE state = 'stored';
CREATE INDEX inbound_event_source ON inbound_event (organisation_id, source);
CREATE INDEX inbound_event_organisation ON inbound_event (organisation_id);
CREATE INDEX inbound_event_trouble ON inbound_event (organisation_id, state) WHERE state <> 'worked';

-- One row an event that had its effect, in the transaction of the effect: never a second one (R27).
CREATE TABLE inbound_effect (
  organisation_id TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  event_id        TEXT    NOT NULL,
  inbound_id      TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  effect          TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, source, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbound_effect_request ON inbound_effect (inbound_id);

-- The newest state of each object a sender told us: an older one never overwrites it.
CREATE TABLE inbound_mark (
  organisation_id TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  object          TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  rank            INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, object)
) STRICT, WITHOUT ROWID;

-- A ledger says somebody changed what we had posted.
ALTER TABLE export_document ADD COLUMN changed_after_posting INTEGER;
CREATE INDEX export_document_vendor ON export_document (organisation_id, vendor_id) WHERE vendor_id IS NOT NULL;
-- The provider's id of a message leads back to its delivery.
CREATE INDEX outbox_job_vendor ON outbox_job (json_extract(receipt, '$.vendorId')) WHERE system = 'sms' AND receipt IS NOT NULL;
