-- What the lines of a reversed document put into the boxes of the VAT return, by tax point: `[day, box1, box4, box6, box7]` in
-- pence. The lines themselves are given back and may be corrected, while the return of their month may have been filed.
ALTER TABLE export_reversal ADD COLUMN boxes TEXT NOT NULL DEFAULT '[]';
