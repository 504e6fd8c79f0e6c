-- Whether a line is seen is asked by its import: with the import, a page far down a list is found in the index alone. Without
-- it, every line before the page was looked up in the wide rows.
DROP INDEX cost_line_by_urgency;
CREATE INDEX cost_line_by_urgency
  ON cost_line (organisation_id, (blocks = 0), (open_warns = 0), line_date, id, state, tax_date, check_ids, import_id);
DROP INDEX cost_line_by_date;
CREATE INDEX cost_line_by_date ON cost_line (organisation_id, line_date, id, state, tax_date, import_id);
DROP INDEX cost_line_by_supplier;
CREATE INDEX cost_line_by_supplier
  ON cost_line (organisation_id, supplier COLLATE NOCASE, line_date, id, state, tax_date, import_id);
