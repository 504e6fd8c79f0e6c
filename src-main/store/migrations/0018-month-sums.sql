-- Sums of large months, so that a year of a million lines is read as some thousand rows. A month's sums count while its row
-- stands in cost_month with `ready` 1; any change of its lines takes that row away, in the same transaction.
CREATE TABLE cost_month (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  token TEXT NOT NULL,
  ready INTEGER NOT NULL CHECK (ready IN (0, 1)),
  PRIMARY KEY (organisation_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_month_sum (
  organisation_id TEXT NOT NULL,
  month TEXT NOT NULL,
  supplier TEXT NOT NULL,
  category TEXT NOT NULL,
  treatment TEXT NOT NULL,
  state TEXT NOT NULL,
  lines INTEGER NOT NULL,
  net INTEGER NOT NULL,
  vat INTEGER NOT NULL,
  PRIMARY KEY (organisation_id, month, supplier, category, treatment, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cost_month_added AFTER INSERT ON cost_line BEGIN
  DELETE FROM cost_month WHERE organisation_id = new.organisation_id AND month = substr(new.tax_date, 1, 7);
END;
CREATE TRIGGER cost_month_changed
AFTER UPDATE OF tax_date, net_gbp_minor, vat_gbp_minor, supplier, category, treatment, state ON cost_line BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id
    AND month IN (substr(old.tax_date, 1, 7), substr(new.tax_date, 1, 7));
END;
CREATE TRIGGER cost_month_removed AFTER DELETE ON cost_line BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id AND month = substr(old.tax_date, 1, 7);
END;
-- Lines are shown and hidden by import.
CREATE TRIGGER cost_month_shown AFTER DELETE ON import_hidden BEGIN
  DELETE FROM cost_month WHERE organisation_id = old.organisation_id;
END;
CREATE TRIGGER cost_month_hidden AFTER INSERT ON import_hidden BEGIN
  DELETE FROM cost_month WHERE organisation_id = new.organisation_id;
END;
