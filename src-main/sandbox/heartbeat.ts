import type { SandboxSystem } from './kit.ts';

/** An outside watchdog that takes calls; what it heard stands in `/_received?system=heartbeat`. */
export const heartbeatSandbox: SandboxSystem = {
  id: 'heartbeat',
  hosts: ['heartbeat.bluebell.example'],
  handle: ({ method, path }) =>
    method === 'GET' && path.startsWith('/ping/') ? { status: 200, text: 'OK' } : { status: 404, text: 'not found' },
};
