-- What an index costs is the pages a slice of an import touches. Sums now grow at the end of each day instead of anywhere in
-- it, and hold what a search and the suppliers' names read; the order by supplier keeps nothing but the order.
DROP INDEX cost_line_sums;
CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, id, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor, line_date, supplier, category, treatment, import_id, supplier_id,
  invoice_number, description);
DROP INDEX cost_line_by_supplier;
CREATE INDEX cost_line_by_supplier ON cost_line (organisation_id, supplier COLLATE NOCASE, line_date, id, state, tax_date);

-- A line of a plain CSV is kept from coming in twice by the hash of its row.
DROP INDEX cost_line_document;
CREATE UNIQUE INDEX cost_line_document ON cost_line (organisation_id, document_key) WHERE origin <> 'csv';
