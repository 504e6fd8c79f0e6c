import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a test run a temporary folder of its own, for its workers, their children and browsers alike, and removes it whole
 * when the run ends: whatever a test leaves behind, or is killed over, stays nowhere.
 */
export function ownTemporaryFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-tests-'));
  // Some children run as another user, as the real one lets them.
  chmodSync(folder, 0o1777);
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
}
