import { homedir, platform } from 'node:os';
import { join } from 'node:path';

/** The per-user application data folder; the same for the window, the agent and the commands. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (platform() === 'win32') {
    return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'WedSync Ops', 'data');
  }
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'WedSync Ops', 'data');
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'wedsync-ops');
}
