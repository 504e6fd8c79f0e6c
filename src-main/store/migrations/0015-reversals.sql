-- Documents that take posted ones back (F10): one a document, whatever is tried again.
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
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX export_reversal_reference ON export_reversal (reference);
CREATE INDEX export_reversal_batch ON export_reversal (organisation_id, batch_id);

-- When the lines of a document that was reversed or refused went back, ms UTC: it holds them no longer.
ALTER TABLE export_document ADD COLUMN released_at INTEGER;
-- 1: not posted by us, but linked to a document that stood in the ledger already.
ALTER TABLE export_document ADD COLUMN linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1));
