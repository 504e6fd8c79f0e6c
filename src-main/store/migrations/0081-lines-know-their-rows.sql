-- A line of a plain CSV is its row: its key is the hash of that row and keeps it from coming in twice, and nothing stands
-- beside it in cost_row any more. Lines from before keep their rows there.
DROP INDEX cost_line_document;
CREATE UNIQUE INDEX cost_line_document ON cost_line (organisation_id, document_key);
