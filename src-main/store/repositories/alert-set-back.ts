import type { Statement } from '../../ports/store.ts';
import { numbered } from './numbered.ts';

const steps = numbered(`
UPDATE alert SET next_step_at = next_step_at - (step_at - ?2), step_at = ?2
 WHERE organisation_id = ?1 AND state <> 'resolved' AND step_at > ?2`);
const bundles = numbered(`
UPDATE alert_bundle SET due_at = due_at - (started_at - ?2), started_at = ?2
 WHERE organisation_id = ?1 AND sent_at IS NULL AND started_at > ?2`);
const underWay = numbered(`
UPDATE alert_delivery SET started_at = ?2
 WHERE organisation_id = ?1 AND state = 'waiting' AND covered = 0 AND started_at > ?2`);

/**
 * What waits for so many minutes since a moment that is later than now, since the clock was set back: counted from now on, at
 * the longest once more. What waits for a moment of the day or the end somebody chose stays (R33).
 */
export function countedAfterSetBack(organisationId: string, at: number): readonly Statement[] {
  return [steps, bundles, underWay].map((make) => make([organisationId, at]));
}
