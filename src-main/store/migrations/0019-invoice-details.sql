-- Items of issued invoices (FOCUS Invoice Detail), beside the usage they are made of. No cost lines: they say what the lines
-- of an invoice have to add up to. A later file may state an item anew; the newest import speaks.
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
