-- Whether a person said for how long they have an alert: what nobody chose ends half an hour into wedding-day mode.
ALTER TABLE alert ADD COLUMN until_chosen INTEGER NOT NULL DEFAULT 0 CHECK (until_chosen IN (0, 1));
