-- What finance decides about lines beside correcting them: duplicates, shares, rules, words, evidence, closed months.

-- A person's answer to "is this the same document?". `merged`: the later line was left out in favour of the earlier one;
-- `kept`: both stand.
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

-- Who a cost was for: shares of the net in pence, which always add up to it. They follow the line when its net changes.
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

-- Learned from corrections: lines of this supplier whose description holds these words get this category.
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

-- Documents beside a line; the content is in the evidence store, named by its hash.
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

-- Months that are closed: nothing whose tax point lies in them may change or be exported.
CREATE TABLE period_lock (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

-- Own taxable sales of a month in pence, typed in: the console sees purchases only.
CREATE TABLE sales_month (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  net_minor INTEGER NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

-- The monthly analytics read from the same index as the sums: one scan, no look at a line.
DROP INDEX cost_line_sums;
CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor, id, supplier, category, treatment, import_id);
