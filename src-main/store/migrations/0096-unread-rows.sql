-- A row of a plain CSV that could not be read, and that may belong to any invoice of its file: "row 3 of costs.csv". Nothing of
-- the file is posted before the file came in again without it, or a person said what an invoice has.
ALTER TABLE import_batch ADD COLUMN unread_row TEXT;
