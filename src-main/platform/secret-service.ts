import { execFile } from 'node:child_process';

/** `unknown`: it could not be asked without risking a prompt. */
export type ServiceLock = 'unlocked' | 'locked' | 'missing' | 'unknown';

/**
 * Asks the Secret Service of this session whether its default collection is locked. The keychain driver cannot: it opens
 * a prompt, or answers "no such secret" when the prompt is turned away. Never opens a prompt itself.
 */
export async function lockedByService(): Promise<ServiceLock> {
  const asked = await run('dbus-send', [
    '--session',
    '--print-reply',
    '--reply-timeout=5000',
    '--dest=org.freedesktop.secrets',
    '/org/freedesktop/secrets/aliases/default',
    'org.freedesktop.DBus.Properties.Get',
    'string:org.freedesktop.Secret.Collection',
    'string:Locked',
  ]);
  // There and silent is like locked: whoever waits for it gets nothing, and nothing has to be installed.
  if (/boolean true/.test(asked.out) || /NoReply/i.test(asked.error)) return 'locked';
  if (/boolean false/.test(asked.out)) return 'unlocked';
  if (/ServiceUnknown|Failed to open connection|Spawn|NameHasNoOwner|autolaunch/i.test(asked.error)) return 'missing';
  // No such tool, or a service without a default collection: the driver will say.
  return 'unknown';
}

function run(command: string, parameters: readonly string[]): Promise<{ out: string; error: string }> {
  return new Promise((resolve) => {
    execFile(command, parameters, { timeout: 6_000, encoding: 'utf8' }, (error, out, said) => {
      resolve({ out, error: `${said} ${error?.message ?? ''}` });
    });
  });
}
