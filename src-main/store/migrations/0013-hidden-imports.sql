-- Lines of a plain CSV are written where they stay, slice by slice, already judged. While their import stands here nobody
-- sees them: finishing an import is the removal of one row, undoing it the adding of one.
CREATE TABLE import_hidden (
  import_id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

DROP TABLE cost_line_staged;

-- What everybody but an import reads. Nearly always the first condition settles it without a look at the line.
CREATE VIEW cost_line_seen AS SELECT * FROM cost_line
  WHERE NOT EXISTS (SELECT 1 FROM import_hidden) OR import_id IS NULL
    OR import_id NOT IN (SELECT import_id FROM import_hidden);

-- Lines that have to be judged again, because their buyer, supplier or rates changed; done in small pieces, and taken up
-- again after a stop. `what` is JSON.
CREATE TABLE line_recheck (
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  what TEXT NOT NULL CHECK (json_valid(what)),
  requested_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

-- Every index less is a tenth of what a line costs to write, so some serve two purposes: sums begin with the period and
-- hold what the order by amount needs; the order by supplier holds whose line it is.
DROP INDEX cost_line_period;
DROP INDEX cost_line_review;
DROP INDEX cost_line_by_net;
DROP INDEX cost_line_supplier;
DROP INDEX cost_line_sums;
DROP INDEX cost_line_by_supplier;
CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor, id);
CREATE INDEX cost_line_by_supplier ON cost_line (organisation_id, supplier COLLATE NOCASE, line_date, id, state, tax_date,
  supplier, invoice_number, description, category, supplier_id);
