-- Review of cost lines: every change as a step that can be taken back, and the orders the review table is read in.

-- What was invoiced, in pence: the control totals of a file, whatever becomes of its VAT.
ALTER TABLE cost_line ADD COLUMN charged_vat_gbp_minor INTEGER;
ALTER TABLE cost_line ADD COLUMN gross_gbp_minor INTEGER;
ALTER TABLE cost_line_staged ADD COLUMN charged_vat_gbp_minor INTEGER;
ALTER TABLE cost_line_staged ADD COLUMN gross_gbp_minor INTEGER;
-- Ids of the checks that fired, a blank around each: narrow enough for an index.
ALTER TABLE cost_line ADD COLUMN check_ids TEXT;
ALTER TABLE cost_line_staged ADD COLUMN check_ids TEXT;

-- One action of a person, whatever number of lines it touched; undone as a whole.
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

-- Columns of one line before and after a change, as JSON objects of column and value.
CREATE TABLE line_history (
  organisation_id TEXT NOT NULL,
  line_id TEXT NOT NULL,
  change_id TEXT NOT NULL,
  before TEXT NOT NULL CHECK (json_valid(before)),
  after TEXT NOT NULL CHECK (json_valid(after)),
  PRIMARY KEY (organisation_id, line_id, change_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX line_history_change ON line_history (organisation_id, change_id);

-- The review table: blocked before unconfirmed before the rest, by day, by supplier, by amount; state and tax date
-- stand in each so that a filtered page is found without touching the wide rows, and so do the words that are searched.
CREATE INDEX cost_line_by_urgency
  ON cost_line (organisation_id, (blocks = 0), (open_warns = 0), line_date, id, state, tax_date, check_ids);
CREATE INDEX cost_line_by_date ON cost_line (organisation_id, line_date, id, state, tax_date);
CREATE INDEX cost_line_by_supplier ON cost_line (organisation_id, supplier COLLATE NOCASE, line_date, id, state, tax_date,
  supplier, invoice_number, description, category);
CREATE INDEX cost_line_by_net ON cost_line (organisation_id, net_gbp_minor, id, state, tax_date);
-- The summary is added up from this alone.
CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor);
