-- Under which VAT scheme a month was closed: what its return claimed is claimed by no later one when the scheme changes.
-- null: closed before this was kept.
ALTER TABLE period_lock ADD COLUMN vat_scheme TEXT;
