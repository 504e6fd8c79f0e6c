-- Batches for a ledger and the supplier documents in them. Amounts of a document are decimal text in its currency, as
-- frozen; *_gbp_minor are pence.
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
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE UNIQUE INDEX export_document_reference ON export_document (reference);
CREATE UNIQUE INDEX export_document_position ON export_document (organisation_id, batch_id, position);
CREATE INDEX export_document_state ON export_document (organisation_id, batch_id, state);

CREATE TABLE export_document_line (
  organisation_id TEXT NOT NULL,
  document_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, document_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX export_document_line_line ON export_document_line (organisation_id, line_id);
