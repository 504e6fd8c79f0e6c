-- Cost files, the lines they become, suppliers, remembered CSV mappings and exchange rates.
--
-- Amounts of a document stay decimal text as read (its own currency); everything derived in sterling is an INTEGER of
-- pence. Days are 'YYYY-MM-DD' text, months 'YYYY-MM', instants INTEGER milliseconds UTC.

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
  finished_at INTEGER,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE INDEX import_batch_started ON import_batch (organisation_id, started_at);

-- Refused rows: file row (1 is the header), field, reason with its remedy.
CREATE TABLE import_rejection (
  organisation_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  row_no INTEGER NOT NULL,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (organisation_id, import_id, position)
) STRICT, WITHOUT ROWID;

-- One row a source row of a cost file. The hash with its occurrence (how many equal rows stand above it in its file) is
-- what makes the same file add nothing the second time.
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

-- What one import gave to one line that is summed from many rows; a line is the sum of its contributions.
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
CREATE INDEX cost_contribution_line ON cost_contribution (organisation_id, line_id);
CREATE INDEX cost_contribution_document ON cost_contribution (organisation_id, document_key);

-- One line of a supplier document, as reviewed, approved and posted. net/vat/gross: decimal text in `currency`;
-- exact_*: the sums before rounding; *_gbp_minor and box*_minor: pence; tax_date: the tax point that decides the period;
-- fx_units_per_gbp, when set, is the rate to divide by (fx_rate_to_gbp is then its reciprocal, for showing only).
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
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT;
CREATE UNIQUE INDEX cost_line_document ON cost_line (organisation_id, document_key);
CREATE INDEX cost_line_review ON cost_line (organisation_id, state, tax_date, reason, id);
CREATE INDEX cost_line_period ON cost_line (organisation_id, tax_date, id);
CREATE INDEX cost_line_import ON cost_line (organisation_id, import_id);
CREATE INDEX cost_line_batch ON cost_line (organisation_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX cost_line_supplier ON cost_line (organisation_id, supplier_id);
CREATE INDEX cost_line_likeness ON cost_line (organisation_id, gross_minor, currency);

-- Lines of an import that has not finished: the same columns as cost_line, moved over in its last step.
CREATE TABLE cost_line_staged (
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
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;

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

-- Names in files that mean a supplier; alias_key is the name trimmed, spaces collapsed, lower case.
CREATE TABLE supplier_alias (
  organisation_id TEXT NOT NULL,
  alias_key TEXT NOT NULL,
  alias TEXT NOT NULL,
  supplier_id TEXT NOT NULL,
  PRIMARY KEY (organisation_id, alias_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX supplier_alias_supplier ON supplier_alias (organisation_id, supplier_id);

-- How a person answered the questions about a CSV layout, found again by its header fingerprint.
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

-- Units of the currency for one pound, as HMRC publishes them. Every import keeps its own row: the newest counts, and
-- undoing an import brings the rate before it back. import_id is 'hand' for a rate typed in.
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
