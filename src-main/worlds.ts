import { join } from 'node:path';
import { adapters } from './adapters/registry.ts';
import type { HostParts } from './compose.ts';
import { environmentVariables } from './engine/connections/adapter-facts.ts';
import type { World } from './engine/connections/contexts.ts';
import { proxyPassword } from './engine/network/network-settings.ts';
import { senderVariables } from './engine/receiver/sources.ts';
import { systemEntropy } from './platform/entropy.ts';
import { createEnvironmentSecrets } from './platform/environment-secrets.ts';
import { evidenceStore } from './platform/evidence-store.ts';
import { canaryMark, createKeychain, loadKeytar } from './platform/keychain.ts';
import { createNetwork, type Lines } from './platform/network.ts';
import { createPageDriver } from './platform/pages.ts';
import { createPostgresWarehouse } from './platform/postgres-warehouse.ts';
import { createPracticeHttp } from './platform/practice-http.ts';
import { createPracticeSmtp, createPracticeSockets } from './platform/practice-lines.ts';
import { createPracticeSecrets } from './platform/practice-secrets.ts';
import { createPracticeWarehouse } from './platform/practice-warehouse.ts';
import { createSmtp } from './platform/smtp.ts';
import { createSockets } from './platform/socket.ts';
import type { HttpClient } from './ports/http.ts';
import type { SecretStore } from './ports/secrets.ts';

/** The sandbox given by the host, or our own with its state beside the database, so that it survives a kill as well. */
export async function sandboxOf(host: HostParts, closers: (() => Promise<void>)[]): Promise<string> {
  if (host.sandboxUrl !== undefined) return host.sandboxUrl;
  const [{ startSandbox }, { sandboxSystems }] = await Promise.all([
    import('./sandbox/server.ts'),
    import('./sandbox/systems.ts'),
  ]);
  const sandbox = await startSandbox({
    systems: sandboxSystems,
    clock: host.runtime.clock,
    stateFile: join(host.dataFolder, 'sandbox.db'),
  });
  closers.push(() => sandbox.close());
  return sandbox.url;
}

/** What real organisations speak through. */
export function realWorld(host: HostParts, http: HttpClient, secrets: SecretStore, lines: Lines): World {
  const { runtime, redactor, dataFolder } = host;
  return {
    http,
    secrets,
    signInPage: (url) => url,
    through: (hostname) => lines.through(hostname),
    smtp: createSmtp({ redactor, lines }),
    sockets: createSockets({ clock: runtime.clock, lines }),
    warehouse: createPostgresWarehouse({ lines }),
    pages: createPageDriver({ keep: keptIn(dataFolder), ...pagesChildOf(host) }),
  };
}

/** The way out of this computer. */
export function networkOf(host: HostParts, secrets: SecretStore) {
  const { runtime, redactor, environment, systemProxy } = host;
  return createNetwork({
    clock: runtime.clock,
    redactor,
    environment,
    planFile: join(host.dataFolder, 'network.json'),
    password: {
      read: () => secrets.read(proxyPassword),
      write: (value) => (value === null ? secrets.forget(proxyPassword) : secrets.write(proxyPassword, value)),
    },
    ...(systemProxy === undefined ? {} : { systemProxy }),
  });
}

/** Nothing of the practice organisation can reach anything but the sandbox, and without one it reaches nothing. */
export function practiceWorld(host: HostParts, http: HttpClient, sandboxUrl: string | null): World {
  const url = sandboxUrl ?? 'http://127.0.0.1:9';
  return {
    http: createPracticeHttp({ http, sandboxUrl: url }),
    secrets: createPracticeSecrets(join(host.dataFolder, 'practice-secrets.json')),
    signInPage: (page) => page.replace(/^https:\/\//, `${url}/`),
    smtp: createPracticeSmtp({ http, sandboxUrl: url, redactor: host.redactor }),
    sockets: createPracticeSockets({ sockets: createSockets(host.runtime), sandboxUrl: url }),
    warehouse: createPracticeWarehouse(join(host.dataFolder, 'practice-warehouse.db')),
    pages: createPageDriver({ sandboxUrl: url, keep: keptIn(host.dataFolder), ...pagesChildOf(host) }),
  };
}

const pagesChildOf = ({ pagesChild }: HostParts) => (pagesChild === undefined ? {} : { startChild: pagesChild });

/** Pictures of driven pages lie with the other evidence. */
const keptIn = (dataFolder: string) => (bytes: Uint8Array) => evidenceStore(join(dataFolder, 'evidence')).put(bytes);

/** The keychain; for the agent, the environment before it. */
export async function realSecrets(host: HostParts): Promise<SecretStore> {
  const { environment, runtime } = host;
  const keychain = createKeychain({
    driver: await loadKeytar(),
    clock: runtime.clock,
    entropy: systemEntropy,
    mark: canaryMark(join(host.dataFolder, 'keychain.mark')),
    platform: process.platform,
    session: process.platform !== 'linux' || environment.DBUS_SESSION_BUS_ADDRESS !== undefined,
  });
  if (host.host !== 'agent') return keychain;
  return createEnvironmentSecrets({
    environment,
    variables: [...environmentVariables(adapters), ...senderVariables],
    organisationId: environment.WEDOPS_ORGANISATION ?? null,
    behind: keychain,
  });
}
