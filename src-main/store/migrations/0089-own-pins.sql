-- A first PIN is known to whoever set it: it opens the door and approves nothing until its holder chose another (F5).

-- Person who acted here when the first PIN was set; null: nobody did, or the record does not say.
ALTER TABLE person ADD COLUMN pin_first_by TEXT;
-- When its holder, acting here, chose the present PIN or the one it came from, ms UTC; null: nobody but the first has set one.
ALTER TABLE person ADD COLUMN pin_own_at INTEGER;

UPDATE person SET pin_first_by = (
  SELECT substr(entry.actor, 8) FROM audit_entry AS entry
  WHERE entry.organisation_id = person.organisation_id AND entry.object = 'person:' || person.id
    AND entry.action = 'person.pin_set' AND entry.actor LIKE 'person:%'
  ORDER BY entry.sequence LIMIT 1)
WHERE pin_hash IS NOT NULL;

UPDATE person SET pin_own_at = CASE
  WHEN EXISTS (
    SELECT 1 FROM audit_entry AS entry
    WHERE entry.organisation_id = person.organisation_id AND entry.object = 'person:' || person.id
      AND entry.action = 'person.pin_set')
  THEN (
    SELECT max(later.at) FROM audit_entry AS later
    WHERE later.organisation_id = person.organisation_id AND later.object = 'person:' || person.id
      AND later.action = 'person.pin_set' AND later.actor = 'person:' || person.id
      AND later.sequence > (
        SELECT min(first.sequence) FROM audit_entry AS first
        WHERE first.organisation_id = person.organisation_id AND first.object = 'person:' || person.id
          AND first.action = 'person.pin_set'))
  ELSE 0 END
WHERE pin_hash IS NOT NULL;
