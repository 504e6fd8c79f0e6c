-- Every change of a line asks for the costs of its day and its month again, and the paper that asks for no money is told by
-- its type: with the type, the index holds all that is read, and no wide row is looked up.
DROP INDEX cost_line_sums;
CREATE INDEX cost_line_sums ON cost_line (organisation_id, tax_date, id, state, net_gbp_minor, vat_gbp_minor,
  charged_vat_gbp_minor, gross_gbp_minor, line_date, document_type, supplier, category, treatment, import_id, supplier_id,
  invoice_number, description);
-- The queue: how many lines wait, and for which checks.
CREATE INDEX cost_line_waiting ON cost_line (organisation_id, check_ids, tax_date, import_id) WHERE state = 'review';
