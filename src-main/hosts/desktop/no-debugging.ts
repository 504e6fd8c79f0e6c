/** Chromium's and Node's switches that let another program look in or change what runs. */
const switches = [
  'remote-debugging-port',
  'remote-debugging-address',
  'remote-debugging-pipe',
  'remote-debugging-io-pipes',
  'remote-allow-origins',
  'inspect',
  'inspect-brk',
  'inspect-port',
  'inspect-publish-uid',
  'js-flags',
  'auto-open-devtools-for-tabs',
  'load-extension',
  'disable-web-security',
  'disable-site-isolation-trials',
  'ignore-certificate-errors',
  'host-rules',
] as const;

/**
 * A packaged app starts as it was made (SEC-03): what its command line or environment says to open it up is dropped before
 * Chromium is ready to act on it. The fuses of the binary stand before this; from source nothing is dropped.
 */
export function ignoreDebugging(
  app: { readonly isPackaged: boolean; readonly commandLine: { removeSwitch(name: string): void } },
  environment: Record<string, string | undefined>,
): void {
  if (!app.isPackaged) return;
  for (const name of switches) app.commandLine.removeSwitch(name);
  for (const name of Object.keys(environment)) {
    if (/^(ELECTRON_|NODE_OPTIONS$|NODE_INSPECT)/i.test(name)) delete environment[name];
  }
}
