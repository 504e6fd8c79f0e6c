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
  context            TEXT    NOT NULL, from_backup INTEGER, round_at INTEGER, until_chosen INTEGER NOT NULL DEFAULT 0 CHECK (until_chosen IN (0, 1)),         -- JSON, what enrichment found when it was raised
  PRIMARY KEY (organisation_id, id),
  UNIQUE (organisation_id, number)
) STRICT;

CREATE INDEX alert_due_silence ON alert (organisation_id, silenced_until) WHERE silenced_until IS NOT NULL;

CREATE INDEX alert_due_step ON alert (organisation_id, next_step_at) WHERE next_step_at IS NOT NULL;

CREATE INDEX alert_due_until ON alert (organisation_id, until) WHERE until IS NOT NULL;

CREATE INDEX alert_flapping ON alert (organisation_id, raised_at) WHERE flapping = 1;

CREATE INDEX alert_from_backup ON alert (organisation_id, from_backup) WHERE from_backup IS NOT NULL;

CREATE INDEX alert_key ON alert (organisation_id, dedup_key, resolved_at);

CREATE INDEX alert_open ON alert (organisation_id, state, severity, silence_id, raised_at) WHERE state <> 'resolved';

CREATE UNIQUE INDEX alert_open_key ON alert (organisation_id, dedup_key) WHERE state <> 'resolved';

CREATE INDEX alert_raised ON alert (organisation_id, raised_at);

CREATE INDEX alert_resolved ON alert (organisation_id, resolved_at) WHERE state = 'resolved';

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

CREATE INDEX alert_bundle_job ON alert_bundle (job_id) WHERE job_id IS NOT NULL;

CREATE INDEX alert_bundle_open ON alert_bundle (organisation_id, due_at) WHERE sent_at IS NULL;

CREATE INDEX alert_bundle_recent ON alert_bundle (organisation_id, destination_id, sent_at);

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
  problem          TEXT, round_at INTEGER,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE INDEX alert_delivery_alert ON alert_delivery (organisation_id, alert_id, started_at);

CREATE INDEX alert_delivery_bundle ON alert_delivery (organisation_id, bundle_id) WHERE bundle_id IS NOT NULL;

CREATE INDEX alert_delivery_job ON alert_delivery (job_id) WHERE job_id IS NOT NULL;

CREATE INDEX alert_delivery_quiet ON alert_delivery (organisation_id, due_at) WHERE state = 'quiet';

CREATE INDEX alert_delivery_single ON alert_delivery (organisation_id, destination_id, started_at) WHERE bundle_id IS NULL;

CREATE INDEX alert_delivery_waiting ON alert_delivery (organisation_id, started_at) WHERE state = 'waiting' AND covered = 0;

CREATE TABLE alert_occurrence (
  organisation_id TEXT    NOT NULL,
  dedup_key       TEXT    NOT NULL,
  hour            INTEGER NOT NULL CHECK (hour % 3600000 = 0),
  count           INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (organisation_id, dedup_key, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_recovery (
  organisation_id TEXT    NOT NULL,
  alert_id        TEXT    NOT NULL,
  step_id         TEXT    NOT NULL,
  done_by         TEXT    NOT NULL,
  done_at         INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, alert_id, step_id)
) STRICT;

CREATE TRIGGER alert_timeline_no_update BEFORE UPDATE ON alert_timeline
BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;

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

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit entries cannot be deleted'); END;

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit entries cannot be changed'); END;

CREATE TABLE audit_entry (
  sequence        INTEGER PRIMARY KEY CHECK (sequence > 0),
  at              INTEGER NOT NULL,
  monotonic_ms    INTEGER NOT NULL,
  process_id      TEXT    NOT NULL,            -- id of the program start that wrote it
  organisation_id TEXT    NOT NULL,
  actor           TEXT    NOT NULL,
  channel         TEXT    NOT NULL,
  action          TEXT    NOT NULL,
  object          TEXT    NOT NULL,
  before          TEXT    CHECK (before IS NULL OR json_valid(before)),
  after           TEXT    CHECK (after IS NULL OR json_valid(after)),
  reason          TEXT    NOT NULL,
  correlation_id  TEXT    NOT NULL,
  previous_hash   TEXT    NOT NULL,
  hash            TEXT    NOT NULL,
  key_id          TEXT,                        -- which key made `mac`; null: no key was at hand
  mac             TEXT, version INTEGER NOT NULL DEFAULT 1, personal TEXT,
  CHECK ((key_id IS NULL) = (mac IS NULL))
) STRICT;

CREATE INDEX audit_entry_object ON audit_entry (organisation_id, object, sequence);

CREATE INDEX audit_entry_organisation ON audit_entry (organisation_id, sequence);

CREATE TRIGGER audit_personal_no_update BEFORE UPDATE ON audit_personal
BEGIN SELECT RAISE(ABORT, 'personal text of the record cannot be changed'); END;

CREATE TABLE audit_personal (
  sequence        INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  person_id       TEXT    NOT NULL,
  sealed          BLOB    NOT NULL
) STRICT;

CREATE INDEX audit_personal_person ON audit_personal (organisation_id, person_id);

CREATE TABLE bank_holiday (
  organisation_id TEXT NOT NULL,
  date            TEXT NOT NULL,
  name            TEXT NOT NULL,
  PRIMARY KEY (organisation_id, date)
) STRICT;

CREATE TABLE bi_part (
  organisation_id TEXT    NOT NULL,
  run_id          TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  dataset         TEXT    NOT NULL DEFAULT '',
  state           TEXT    NOT NULL CHECK (state IN ('waiting', 'queued', 'delivered', 'failed')),
  job_id          TEXT,
  rows            INTEGER NOT NULL DEFAULT 0,
  changed         INTEGER NOT NULL DEFAULT 0,      -- warehouse: rows new, different or gone
  detail          TEXT    NOT NULL DEFAULT '',
  ended_at        INTEGER,
  PRIMARY KEY (organisation_id, run_id, system, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE bi_run (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  started_at      INTEGER NOT NULL,
  datasets        TEXT    NOT NULL CHECK (json_valid(datasets)),   -- a file, or what blocked it, for each data set
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE breaker_change (
  organisation_id TEXT    NOT NULL,
  connection_id   TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('closed', 'open', 'half-open')),
  PRIMARY KEY (connection_id, at, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE category_rule (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  supplier_key TEXT NOT NULL,
  contains TEXT NOT NULL,
  category TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX category_rule_match ON category_rule (organisation_id, supplier_key, contains);

CREATE TABLE connection (
  id               TEXT    PRIMARY KEY,
  organisation_id  TEXT    NOT NULL REFERENCES organisation (id),
  system           TEXT    NOT NULL,
  mode             TEXT    NOT NULL DEFAULT 'on' CHECK (mode IN ('on', 'paused', 'off')),
  settings         TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
  settings_version INTEGER NOT NULL DEFAULT 1,
  parked_code      TEXT,                       -- not null: every job waits for a person
  parked_message   TEXT,
  not_before       INTEGER,                    -- the vendor asked us to wait
  breaker          TEXT    CHECK (breaker IS NULL OR json_valid(breaker)),
  account          TEXT    CHECK (account IS NULL OR json_valid(account)),
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  UNIQUE (organisation_id, system),
  CHECK (id = organisation_id || '/' || system)
) STRICT;

CREATE TABLE cost_contribution (
  organisation_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  document_no INTEGER NOT NULL,
  document_key TEXT NOT NULL,
  line_id TEXT NOT NULL,
  exact_net TEXT NOT NULL,
  exact_vat TEXT NOT NULL,
  breakdown TEXT NOT NULL,
  rows INTEGER NOT NULL,
  first_row INTEGER NOT NULL,
  last_row INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, import_id, document_no)
) STRICT;

CREATE INDEX cost_contribution_document ON cost_contribution (organisation_id, document_key);

CREATE INDEX cost_contribution_line ON cost_contribution (organisation_id, line_id);

CREATE TABLE cost_fetch (
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  month TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('final', 'provisional')),
  import_id TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_fetch_page (
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  month TEXT NOT NULL,
  page INTEGER NOT NULL,
  next TEXT,
  costs TEXT NOT NULL CHECK (json_valid(costs)),
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, month, page)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cost_month_changed
AFTER UPDATE OF tax_date, net_gbp_minor, vat_gbp_minor, supplier, category, treatment, state ON cost_line BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id
    AND month IN (substr(old.tax_date, 1, 7), substr(new.tax_date, 1, 7));
END;

CREATE TRIGGER cost_month_removed AFTER DELETE ON cost_line BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id AND month = substr(old.tax_date, 1, 7);
END;

CREATE TRIGGER kpi_cost_changed
AFTER UPDATE OF tax_date, net_gbp_minor, state, document_type, net, currency, fx_rate_to_gbp, fx_units_per_gbp ON cost_line
WHEN old.tax_date <> new.tax_date OR old.net_gbp_minor IS NOT new.net_gbp_minor OR old.state <> new.state
  OR old.document_type <> new.document_type
  OR (new.net_gbp_minor IS NULL AND (old.net <> new.net OR old.currency <> new.currency
    OR old.fx_rate_to_gbp IS NOT new.fx_rate_to_gbp OR old.fx_units_per_gbp IS NOT new.fx_units_per_gbp)) BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'cost', old.tax_date) ON CONFLICT DO NOTHING;
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'cost', new.tax_date) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_cost_removed AFTER DELETE ON cost_line BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'cost', old.tax_date) ON CONFLICT DO NOTHING;
END;

CREATE TABLE cost_line (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  import_id TEXT,
  origin TEXT NOT NULL CHECK (origin IN ('focus', 'csv', 'hand', 'api')),
  document_key TEXT NOT NULL,
  first_row INTEGER,
  last_row INTEGER,
  source_rows INTEGER NOT NULL DEFAULT 1,
  supplier_id TEXT,
  supplier TEXT NOT NULL,
  supplier_country TEXT NOT NULL DEFAULT '',
  supplier_vat_number TEXT NOT NULL DEFAULT '',
  uk_establishment INTEGER NOT NULL DEFAULT 0 CHECK (uk_establishment IN (0, 1)),
  invoice_number TEXT NOT NULL,
  invoice_number_derived INTEGER NOT NULL DEFAULT 0 CHECK (invoice_number_derived IN (0, 1)),
  document_type TEXT NOT NULL DEFAULT 'invoice'
    CHECK (document_type IN ('invoice', 'credit_note', 'receipt', 'proforma', 'statement', 'order')),
  description TEXT NOT NULL DEFAULT '',
  category TEXT NOT NULL DEFAULT '',
  line_date TEXT NOT NULL,
  period_start TEXT,
  period_end TEXT,
  tax_point TEXT,
  paid_on TEXT,
  due_on TEXT,
  original_invoice TEXT,
  document_lines INTEGER NOT NULL DEFAULT 1,
  printed_vat_gbp TEXT,
  attributes TEXT NOT NULL DEFAULT '{}',
  tax_date TEXT NOT NULL,
  currency TEXT NOT NULL,
  net TEXT NOT NULL,
  vat TEXT NOT NULL,
  gross TEXT NOT NULL,
  gross_minor INTEGER,
  exact_net TEXT NOT NULL,
  exact_vat TEXT NOT NULL,
  breakdown TEXT NOT NULL DEFAULT '[]',
  fx_rate_to_gbp TEXT,
  fx_units_per_gbp TEXT,
  fx_source TEXT,
  net_gbp_minor INTEGER,
  vat_gbp_minor INTEGER NOT NULL DEFAULT 0,
  treatment TEXT NOT NULL DEFAULT 'unclassified',
  treatment_hint TEXT NOT NULL DEFAULT '',
  box1_minor INTEGER NOT NULL DEFAULT 0,
  box4_minor INTEGER NOT NULL DEFAULT 0,
  box6_minor INTEGER NOT NULL DEFAULT 0,
  box7_minor INTEGER NOT NULL DEFAULT 0,
  deductible INTEGER NOT NULL DEFAULT 1 CHECK (deductible IN (0, 1)),
  checks TEXT NOT NULL DEFAULT '[]',
  blocks INTEGER NOT NULL DEFAULT 0,
  open_warns INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  derivation TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL DEFAULT 'review' CHECK (state IN ('review', 'ready', 'excluded', 'batched', 'posted')),
  excluded_reason TEXT,
  batch_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, charged_vat_gbp_minor INTEGER, gross_gbp_minor INTEGER, check_ids TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE INDEX cost_line_batch ON cost_line (organisation_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE INDEX cost_line_by_date ON cost_line (organisation_id, line_date, id, state, tax_date, import_id);

CREATE INDEX cost_line_by_urgency
  ON cost_line (organisation_id, (blocks = 0), (open_warns = 0), line_date, id, state, tax_date, check_ids, import_id);

CREATE UNIQUE INDEX cost_line_document ON cost_line (organisation_id, document_key);

CREATE INDEX cost_line_import ON cost_line (organisation_id, import_id);

CREATE INDEX cost_line_likeness ON cost_line (organisation_id, gross_minor, currency);

CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, id, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor, line_date, document_type, supplier, category, treatment, import_id, supplier_id,
  invoice_number, description);

CREATE INDEX cost_line_waiting ON cost_line (organisation_id, check_ids, tax_date, import_id) WHERE state = 'review';

CREATE VIEW cost_line_seen AS SELECT * FROM cost_line
  WHERE NOT EXISTS (SELECT 1 FROM import_hidden) OR import_id IS NULL
    OR import_id NOT IN (SELECT import_id FROM import_hidden);

CREATE TABLE cost_month (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  token TEXT NOT NULL,
  ready INTEGER NOT NULL CHECK (ready IN (0, 1)),
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_month_sum (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  supplier TEXT NOT NULL,
  category TEXT NOT NULL,
  treatment TEXT NOT NULL,
  state TEXT NOT NULL,
  lines INTEGER NOT NULL,
  net INTEGER NOT NULL,
  vat INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, month, supplier, category, treatment, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_row (
  organisation_id TEXT NOT NULL,
  row_hash BLOB NOT NULL,
  occurrence INTEGER NOT NULL,
  import_id TEXT NOT NULL,
  row_no INTEGER NOT NULL,
  document_no INTEGER NOT NULL,
  amount TEXT NOT NULL,
  is_tax INTEGER NOT NULL CHECK (is_tax IN (0, 1)),
  service TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX cost_row_identity ON cost_row (organisation_id, row_hash, occurrence);

CREATE INDEX cost_row_import ON cost_row (organisation_id, import_id, row_no);

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

CREATE TRIGGER kpi_value_changed AFTER UPDATE OF value ON crm_setting WHEN new.name = 'value' AND old.value <> new.value BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_value_set AFTER INSERT ON crm_setting WHEN new.name = 'value' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id ON CONFLICT DO NOTHING;
END;

CREATE TABLE crm_setting (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  value           TEXT    NOT NULL CHECK (json_valid(value)),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name)
) STRICT;

CREATE TABLE csv_mapping (
  organisation_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  name TEXT NOT NULL,
  columns TEXT NOT NULL,
  date_order TEXT NOT NULL CHECK (date_order IN ('iso', 'dmy', 'mdy')),
  decimal TEXT NOT NULL CHECK (decimal IN ('.', ',')),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE INDEX csv_mapping_name ON csv_mapping (organisation_id, name);

CREATE TABLE export_batch (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  period TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'checked', 'approved', 'sending', 'posted', 'verified', 'closed',
    'blocked', 'in_doubt', 'partly_posted', 'reversed')),
  prepared_by TEXT NOT NULL,
  prepared_at INTEGER NOT NULL,
  approved_by TEXT,
  approved_at INTEGER,
  -- SHA-256 over the frozen documents; anything that changes them voids the approval.
  hash TEXT,
  lines INTEGER NOT NULL,
  net_gbp_minor INTEGER NOT NULL,
  vat_gbp_minor INTEGER NOT NULL,
  gross_gbp_minor INTEGER NOT NULL,
  by_treatment TEXT NOT NULL,
  -- What stops it: checks of the export target, and lines of the period that are not ready.
  blocked TEXT NOT NULL,
  pack TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE INDEX export_batch_prepared ON export_batch (organisation_id, prepared_at);

CREATE TABLE export_document (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  reference TEXT NOT NULL,
  supplier TEXT NOT NULL,
  invoice_number TEXT NOT NULL,
  document_date TEXT NOT NULL,
  currency TEXT NOT NULL,
  net TEXT NOT NULL,
  vat TEXT NOT NULL,
  gross TEXT NOT NULL,
  gross_gbp_minor INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  -- The frozen document (domain/ledger/document.ts) as JSON.
  frozen TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'posted', 'verified', 'in_doubt', 'refused', 'mismatch', 'held')),
  vendor_id TEXT,
  job_id TEXT,
  problem TEXT,
  -- What the ledger gave back, and in which fields it differs.
  read_back TEXT,
  differences TEXT NOT NULL DEFAULT '[]',
  updated_at INTEGER NOT NULL, released_at INTEGER, linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1)), changed_after_posting INTEGER,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE UNIQUE INDEX export_document_position ON export_document (organisation_id, batch_id, position);

CREATE UNIQUE INDEX export_document_reference ON export_document (reference);

CREATE INDEX export_document_state ON export_document (organisation_id, batch_id, state);

CREATE INDEX export_document_vendor ON export_document (organisation_id, vendor_id) WHERE vendor_id IS NOT NULL;

CREATE TABLE export_document_line (
  organisation_id TEXT NOT NULL,
  document_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, document_id, line_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX export_document_line_line ON export_document_line (organisation_id, line_id);

CREATE TABLE export_reversal (
  organisation_id TEXT NOT NULL,
  document_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  -- Its own; the same at every try, so that the ledger's copy of an earlier one is found.
  reference TEXT NOT NULL,
  -- What the ledger must show of it, as JSON.
  frozen TEXT NOT NULL,
  -- Where the lines go once it is verified: free for a new batch, or left out.
  lines_then TEXT NOT NULL CHECK (lines_then IN ('free', 'exclude')),
  reason TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  -- Counts the tries after a refusal.
  revision INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'posted', 'verified', 'in_doubt', 'refused', 'mismatch', 'held')),
  vendor_id TEXT,
  job_id TEXT,
  problem TEXT,
  read_back TEXT,
  differences TEXT NOT NULL DEFAULT '[]',
  updated_at INTEGER NOT NULL, boxes TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (organisation_id, document_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX export_reversal_batch ON export_reversal (organisation_id, batch_id);

CREATE UNIQUE INDEX export_reversal_reference ON export_reversal (reference);

CREATE TRIGGER kpi_rate_added AFTER INSERT ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = new.organisation_id AND tax_date BETWEEN new.month || '-01' AND new.month || '-31'
    AND currency = new.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_rate_changed AFTER UPDATE OF units_per_gbp, recorded_at ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = new.organisation_id AND tax_date BETWEEN new.month || '-01' AND new.month || '-31'
    AND currency = new.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_rate_removed AFTER DELETE ON fx_rate BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line
  WHERE organisation_id = old.organisation_id AND tax_date BETWEEN old.month || '-01' AND old.month || '-31'
    AND currency = old.currency AND net_gbp_minor IS NULL ON CONFLICT DO NOTHING;
END;

CREATE TABLE fx_rate (
  organisation_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  month TEXT NOT NULL,
  import_id TEXT NOT NULL,
  units_per_gbp TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('hmrc', 'hand')),
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, currency, month, import_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX fx_rate_import ON fx_rate (organisation_id, import_id);

CREATE TABLE handover_note (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  author          TEXT    NOT NULL,
  text            TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE TABLE import_batch (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  format TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_bytes INTEGER NOT NULL,
  file_sha256 TEXT,
  mapping TEXT,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'undone')),
  problem TEXT,
  imported INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  lines INTEGER NOT NULL DEFAULT 0,
  actor TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER, unread_row TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE INDEX import_batch_started ON import_batch (organisation_id, started_at);

CREATE TRIGGER cost_month_hidden AFTER INSERT ON import_hidden BEGIN
  DELETE FROM cost_month WHERE organisation_id = new.organisation_id;
END;

CREATE TRIGGER cost_month_shown AFTER DELETE ON import_hidden BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id;
END;

CREATE TABLE import_hidden (
  import_id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE import_rejection (
  organisation_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  row_no INTEGER NOT NULL,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (organisation_id, import_id, position)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX inbound_event_due ON inbound_event (priority, seq) WHERE state = 'stored';

CREATE INDEX inbound_event_key ON inbound_event (organisation_id, source, dedupe_key, received_at);

CREATE INDEX inbound_event_organisation ON inbound_event (organisation_id);

CREATE INDEX inbound_event_source ON inbound_event (organisation_id, source);

CREATE INDEX inbound_event_trouble ON inbound_event (organisation_id, state, seq, source) WHERE state <> 'worked';

CREATE TABLE inbound_mark (
  organisation_id TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  object          TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  rank            INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, source, object)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE invoice_detail (
  organisation_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  invoice_id TEXT NOT NULL,
  detail_id TEXT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount TEXT NOT NULL,
  is_tax INTEGER NOT NULL CHECK (is_tax IN (0, 1)),
  status TEXT NOT NULL,
  issued_on TEXT,
  due_on TEXT,
  description TEXT NOT NULL,
  PRIMARY KEY (organisation_id, issuer, invoice_id, detail_id, import_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_detail_import ON invoice_detail (organisation_id, import_id);

CREATE TABLE kpi_batch (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  started_at      INTEGER NOT NULL,
  ms              INTEGER NOT NULL,
  points          INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_counter (
  organisation_id TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',
  region          TEXT    NOT NULL DEFAULT '',
  total           TEXT    NOT NULL, sum TEXT NOT NULL DEFAULT '0',
  PRIMARY KEY (organisation_id, kpi, venue, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_counter_sent (
  organisation_id TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',
  region          TEXT    NOT NULL DEFAULT '',
  queued          TEXT    NOT NULL,
  acked           TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, system, kpi, venue, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_dimension (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('venue', 'region')),
  name_key        TEXT    NOT NULL,                -- lower case
  name            TEXT    NOT NULL,
  slug            TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, kind, name_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_dirty (
  organisation_id TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('usage', 'cost', 'wedding', 'input', 'month')),
  at              TEXT    NOT NULL,                -- hour start in ms for usage and input, YYYY-MM for month, else YYYY-MM-DD
  claimed         INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
  PRIMARY KEY (organisation_id, kind, at, claimed)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_gate (
  organisation_id TEXT    NOT NULL,
  dataset         TEXT    NOT NULL,
  checked_at      INTEGER NOT NULL,
  passed          INTEGER NOT NULL CHECK (passed IN (0, 1)),
  findings        TEXT    NOT NULL CHECK (json_valid(findings)),
  PRIMARY KEY (organisation_id, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_input (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  value           TEXT    NOT NULL,
  source          TEXT    NOT NULL,
  recorded_at     INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_point (
  organisation_id TEXT    NOT NULL,
  kpi             TEXT    NOT NULL,
  grain           TEXT    NOT NULL CHECK (grain IN ('hour', 'day', 'month')),
  at              INTEGER NOT NULL,
  venue           TEXT    NOT NULL DEFAULT '',     -- slug
  region          TEXT    NOT NULL DEFAULT '',     -- slug
  season          TEXT    NOT NULL CHECK (season IN ('peak', 'shoulder', 'off_season')),
  value           TEXT,
  number          REAL,
  reason          TEXT,
  inputs          TEXT    NOT NULL DEFAULT '{}',   -- name -> decimal text, JSON
  batch_id        TEXT    NOT NULL,
  computed_at     INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, kpi, grain, at, venue, region),
  CHECK ((value IS NULL) = (reason IS NOT NULL) AND (value IS NULL) = (number IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX kpi_point_changed ON kpi_point (organisation_id, computed_at);

CREATE TABLE kpi_returned (
  organisation_id TEXT NOT NULL,
  job_id          TEXT NOT NULL,
  PRIMARY KEY (organisation_id, job_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_sync (
  organisation_id TEXT    NOT NULL,
  system          TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  ok              INTEGER NOT NULL CHECK (ok IN (0, 1)),
  ms              INTEGER NOT NULL,
  points          INTEGER NOT NULL,
  detail          TEXT    NOT NULL DEFAULT '',
  succeeded_at    INTEGER,
  lost_points     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (organisation_id, system)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_duplicate (
  organisation_id TEXT NOT NULL,
  -- The same for the same content of ours and the same document there.
  id TEXT NOT NULL,
  target TEXT NOT NULL,
  -- The period that was prepared when it was last seen.
  period TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('same', 'likely')),
  -- Ours and theirs as JSON; ours names its lines.
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  -- null: a person has yet to say.
  decision TEXT CHECK (decision IN ('link', 'post', 'leave-out')),
  reason TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL DEFAULT '',
  decided_at INTEGER,
  -- The step that left the lines out.
  change_id TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_map (
  organisation_id TEXT    NOT NULL REFERENCES organisation (id),
  system          TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('tax', 'account')),
  ours            TEXT    NOT NULL,            -- treatment, or category ('' for every category not named)
  code            TEXT    NOT NULL,
  label           TEXT    NOT NULL,            -- as it was when confirmed: a change there voids the confirmation
  rate            TEXT,                        -- percent, taxes only
  confirmed_by    TEXT    NOT NULL,
  confirmed_at    INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, system, kind, ours)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_change (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('edit', 'exclude', 'include', 'acknowledge', 'supplier', 'undo')),
  why TEXT NOT NULL DEFAULT '',
  lines INTEGER NOT NULL,
  -- The undo step that took it back.
  undone_by TEXT,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_comment (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_comment_line ON line_comment (organisation_id, line_id);

CREATE TABLE line_duplicate (
  organisation_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  earlier_id TEXT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('merged', 'kept')),
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- The step that left the line out or confirmed its warning.
  change_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, line_id, earlier_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_evidence (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  file_id TEXT NOT NULL,
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_evidence_line ON line_evidence (organisation_id, line_id);

CREATE TABLE line_history (
  organisation_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  change_id TEXT NOT NULL,
  before TEXT NOT NULL CHECK (json_valid(before)),
  after TEXT NOT NULL CHECK (json_valid(after)),
  PRIMARY KEY (organisation_id, line_id, change_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_history_change ON line_history (organisation_id, change_id);

CREATE TABLE line_recheck (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  what TEXT NOT NULL CHECK (json_valid(what)),
  requested_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_share (
  organisation_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  target TEXT NOT NULL CHECK (target IN ('wedding', 'vendor', 'general')),
  target_id TEXT NOT NULL,
  -- How much of the whole, in any unit: 1 and 1 are halves.
  weight INTEGER NOT NULL CHECK (weight > 0),
  net_gbp_minor INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, line_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_share_target ON line_share (organisation_id, target, target_id);

CREATE TABLE line_split (
  organisation_id TEXT NOT NULL,
  part_id TEXT NOT NULL,
  whole_id TEXT NOT NULL,
  change_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, part_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_split_change ON line_split (organisation_id, change_id);

CREATE INDEX line_split_whole ON line_split (organisation_id, whole_id);

CREATE TABLE ops_setting (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  value           TEXT    NOT NULL CHECK (json_valid(value)),
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name)
) STRICT;

CREATE TABLE organisation (
  id              TEXT    PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  name            TEXT    NOT NULL,
  practice        INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1)),
  time_zone       TEXT    NOT NULL DEFAULT 'Europe/London',
  currency        TEXT    NOT NULL DEFAULT 'GBP' CHECK (length(currency) = 3),
  country         TEXT    NOT NULL DEFAULT 'GB' CHECK (length(country) = 2),
  vat_registered  INTEGER NOT NULL DEFAULT 0 CHECK (vat_registered IN (0, 1)),
  vat_number      TEXT,
  vat_scheme      TEXT    NOT NULL DEFAULT 'standard',
  registered_from TEXT,                        -- YYYY-MM-DD
  partly_exempt   INTEGER NOT NULL DEFAULT 0 CHECK (partly_exempt IN (0, 1)),
  four_eyes       INTEGER NOT NULL DEFAULT 1 CHECK (four_eyes IN (0, 1)),
  settings        TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
  created_at      INTEGER NOT NULL
) STRICT;

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

CREATE INDEX outbox_attempt_connection ON outbox_attempt (connection_id, started_at);

CREATE INDEX outbox_attempt_job ON outbox_attempt (job_id);

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

CREATE INDEX outbox_job_action ON outbox_job (organisation_id, system, action);

CREATE INDEX outbox_job_cancelled ON outbox_job (organisation_id) WHERE state = 'cancelled';

CREATE INDEX outbox_job_doubt ON outbox_job (organisation_id) WHERE in_doubt = 1;

CREATE INDEX outbox_job_due ON outbox_job (connection_id, priority, run_at) WHERE state = 'queued';

CREATE INDEX outbox_job_expiry ON outbox_job (expires_at) WHERE state = 'queued' AND expires_at IS NOT NULL;

CREATE INDEX outbox_job_leased ON outbox_job (lease_owner) WHERE state = 'sending';

CREATE INDEX outbox_job_next ON outbox_job (connection_id, run_at) WHERE state = 'queued';

CREATE INDEX outbox_job_order ON outbox_job (connection_id, order_key, seq)
  WHERE order_key IS NOT NULL AND state IN ('queued', 'sending', 'held');

CREATE INDEX outbox_job_organisation ON outbox_job (organisation_id);

CREATE INDEX outbox_job_stuck ON outbox_job (organisation_id, state, seq, system, action, in_doubt, attempts)
  WHERE state IN ('held', 'failed');

CREATE INDEX outbox_job_system ON outbox_job (organisation_id, system);

CREATE INDEX outbox_job_told ON outbox_job (connection_id, order_key, seq)
  WHERE order_key IS NOT NULL AND state = 'delivered' AND delivery_class = 'never-miss';

CREATE INDEX outbox_job_vendor ON outbox_job (json_extract(receipt, '$.vendorId')) WHERE system = 'sms' AND receipt IS NOT NULL;

CREATE INDEX outbox_job_waiting ON outbox_job (organisation_id, state, seq, system, action, in_doubt, attempts)
  WHERE state = 'queued';

CREATE TABLE period_lock (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL, vat_scheme TEXT,
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  id               TEXT    NOT NULL,
  organisation_id  TEXT    NOT NULL REFERENCES organisation (id),
  name             TEXT    NOT NULL,
  roles            TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(roles)),
  pin_hash         TEXT,                       -- never the PIN
  pin_failures     INTEGER NOT NULL DEFAULT 0,
  pin_locked_until INTEGER,
  current          INTEGER NOT NULL DEFAULT 0 CHECK (current IN (0, 1)), public_key TEXT, erased_at INTEGER, pin_first_by TEXT, pin_own_at INTEGER,
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

CREATE TABLE sales_month (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  net_minor INTEGER NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL CHECK (json_valid(rule)),
  work TEXT NOT NULL CHECK (json_valid(work)),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  -- Whoever set it up prepares by it, so four eyes still count.
  person_id TEXT NOT NULL,
  person TEXT NOT NULL,
  -- Occurrences up to here are done with, whatever the clock does.
  done_until INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_run (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  schedule_id TEXT NOT NULL,
  -- The month or day it stands for; a dry run and one by hand stand for none.
  period_key TEXT,
  due_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  how TEXT NOT NULL CHECK (how IN ('on time', 'caught up', 'by hand', 'dry run')),
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  result TEXT NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX schedule_run_period ON schedule_run (organisation_id, schedule_id, period_key)
  WHERE period_key IS NOT NULL;

CREATE INDEX schedule_run_started ON schedule_run (organisation_id, schedule_id, started_at);

CREATE TABLE schema_migration (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL,
    version    TEXT    NOT NULL
  ) STRICT;

CREATE TABLE sending_seat (
  organisation_id TEXT NOT NULL PRIMARY KEY,
  seat_id TEXT NOT NULL,
  seat_name TEXT NOT NULL,
  -- The computer and where on it the folder lay, to know a moved folder from a copied one; NULL: another computer.
  computer TEXT,
  place TEXT,
  -- Counts the decisions; the higher one is the later one.
  number INTEGER NOT NULL,
  since INTEGER NOT NULL,
  -- The seat that found at its start that another one sends, and held what was unfinished; NULL: none has.
  watcher TEXT,
  -- Another copy that was heard sending as well: what must never be sent twice stops until somebody decides.
  rival_id TEXT,
  rival_name TEXT
) STRICT, WITHOUT ROWID;

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

CREATE TABLE supplier (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  country TEXT NOT NULL DEFAULT '',
  vat_number TEXT NOT NULL DEFAULT '',
  uk_establishment INTEGER NOT NULL DEFAULT 0 CHECK (uk_establishment IN (0, 1)),
  confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE TABLE supplier_alias (
  organisation_id TEXT NOT NULL,
  alias_key TEXT NOT NULL,
  alias TEXT NOT NULL,
  supplier_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, alias_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_alias_supplier ON supplier_alias (organisation_id, supplier_id);

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

CREATE TABLE usage_client (
  organisation_id TEXT    NOT NULL,
  month           TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  feature         TEXT    NOT NULL,
  client          TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, month, vendor_id, feature, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_month (
  organisation_id TEXT    NOT NULL,
  month           TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  feature         TEXT    NOT NULL,
  requests        INTEGER NOT NULL,
  successful      INTEGER NOT NULL,
  in_window       INTEGER NOT NULL,
  seconds         INTEGER NOT NULL,
  latest_day      TEXT    NOT NULL,
  PRIMARY KEY (organisation_id, month, vendor_id, feature)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER kpi_assist_added AFTER INSERT ON usage_record WHEN new.wedding <> '' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT organisation_id, 'wedding', date FROM wedding
  WHERE organisation_id = new.organisation_id AND reference = new.wedding ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_assist_removed AFTER DELETE ON usage_record WHEN old.wedding <> '' BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT organisation_id, 'wedding', date FROM wedding
  WHERE organisation_id = old.organisation_id AND reference = old.wedding ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_usage_added AFTER INSERT ON usage_record BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  VALUES (new.organisation_id, 'usage', CAST(new.at - new.at % 3600000 AS TEXT)) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_usage_removed AFTER DELETE ON usage_record BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  VALUES (old.organisation_id, 'usage', CAST(old.at - old.at % 3600000 AS TEXT)) ON CONFLICT DO NOTHING;
END;

CREATE TABLE usage_record (
  organisation_id TEXT    NOT NULL,
  key             BLOB    NOT NULL,            -- of the record's own id, else of its content
  content         BLOB    NOT NULL,            -- of its content: the same id with other content is refused
  import_id       TEXT    NOT NULL,
  vendor_id       TEXT    NOT NULL,
  day             TEXT    NOT NULL,            -- local, YYYY-MM-DD
  feature         TEXT    NOT NULL,
  at              INTEGER NOT NULL,            -- ms UTC
  success         INTEGER NOT NULL,
  in_window       INTEGER NOT NULL,            -- Friday 18:00 to Sunday 23:00 local
  seconds         INTEGER NOT NULL,            -- as reported
  client          TEXT    NOT NULL,
  wedding         TEXT    NOT NULL
) STRICT;

CREATE INDEX usage_record_at ON usage_record (organisation_id, at, success, wedding);

CREATE INDEX usage_record_import ON usage_record (organisation_id, import_id);

CREATE UNIQUE INDEX usage_record_key ON usage_record (organisation_id, key);

CREATE INDEX usage_record_wedding ON usage_record (organisation_id, wedding) WHERE wedding <> '';

CREATE TRIGGER kpi_vendor_merged AFTER UPDATE OF same_as ON vendor WHEN old.same_as IS NOT new.same_as BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at)
  SELECT DISTINCT organisation_id, 'month', month FROM usage_month
  WHERE organisation_id = new.organisation_id AND vendor_id = new.id ON CONFLICT DO NOTHING;
END;

CREATE TABLE vendor (
  organisation_id TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  email           TEXT    NOT NULL,
  -- asked: seen in a file, nobody has said yet who it is; ignored: is not to be pushed for.
  state           TEXT    NOT NULL CHECK (state IN ('confirmed', 'asked', 'ignored')),
  -- Another vendor this one turned out to be; its usage counts there.
  same_as         TEXT,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;

CREATE TABLE vendor_alias (
  organisation_id TEXT NOT NULL,
  alias           TEXT NOT NULL,
  vendor_id       TEXT NOT NULL,
  PRIMARY KEY (organisation_id, alias)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE venue (
  organisation_id TEXT NOT NULL,
  name_key        TEXT NOT NULL,               -- lower case
  name            TEXT NOT NULL,
  region          TEXT NOT NULL,
  PRIMARY KEY (organisation_id, name_key)
) STRICT;

CREATE TRIGGER kpi_wedding_added AFTER INSERT ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'wedding', new.date) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_wedding_changed AFTER UPDATE ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'wedding', old.date) ON CONFLICT DO NOTHING;
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (new.organisation_id, 'wedding', new.date) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER kpi_wedding_removed AFTER DELETE ON wedding BEGIN
  INSERT INTO kpi_dirty (organisation_id, kind, at) VALUES (old.organisation_id, 'wedding', old.date) ON CONFLICT DO NOTHING;
END;

CREATE TABLE wedding (
  organisation_id TEXT    NOT NULL,
  key             TEXT    NOT NULL,            -- calendar UID with occurrence, or booking reference
  series          TEXT    NOT NULL,
  sequence        INTEGER NOT NULL,
  status          TEXT    NOT NULL CHECK (status IN ('confirmed', 'tentative', 'cancelled')),
  date            TEXT    NOT NULL,
  last_date       TEXT    NOT NULL,
  starts_at       INTEGER,                     -- null: only the day is known
  venue           TEXT    NOT NULL,
  region          TEXT    NOT NULL,
  reference       TEXT    NOT NULL,
  updated_at      INTEGER NOT NULL, import_id TEXT, replaced INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1)),
  PRIMARY KEY (organisation_id, key)
) STRICT;

CREATE INDEX wedding_day ON wedding (organisation_id, last_date, date);

CREATE INDEX wedding_import ON wedding (organisation_id, import_id) WHERE import_id IS NOT NULL;

CREATE INDEX wedding_reference ON wedding (organisation_id, reference);

CREATE INDEX wedding_series ON wedding (organisation_id, series);

CREATE TABLE wedding_couple (
  organisation_id TEXT NOT NULL,
  key             TEXT NOT NULL,
  names           TEXT NOT NULL,
  PRIMARY KEY (organisation_id, key)
) STRICT;

CREATE TABLE wedding_mode_switch (
  seq             INTEGER PRIMARY KEY,
  organisation_id TEXT    NOT NULL,
  mode            TEXT    NOT NULL CHECK (mode IN ('on', 'off')),
  reason          TEXT    NOT NULL CHECK (length(reason) > 0),
  by_person       TEXT    NOT NULL,
  starts_at       INTEGER NOT NULL,
  ends_at         INTEGER NOT NULL
) STRICT;

CREATE INDEX wedding_mode_switch_end ON wedding_mode_switch (organisation_id, ends_at);

CREATE TABLE weekend_run (
  organisation_id TEXT    NOT NULL,
  name            TEXT    NOT NULL,            -- preflight-noon, preflight-evening, weekend-report
  period          TEXT    NOT NULL,            -- Friday of that weekend
  at              INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, name, period)
) STRICT;
