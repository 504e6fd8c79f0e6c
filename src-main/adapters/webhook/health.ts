import type { HealthCheck } from '../kit/adapter.ts';
import { signingKeysOf, targetsOf } from './settings.ts';

interface Known {
  readonly settings: { readonly targets: string };
  readonly secrets: { readonly signingKeys: string };
}

/** A receiver cannot be asked without an event: a test is the only proof. What can be known is checked. */
export async function checkHealth({ settings, secrets }: Known): Promise<readonly HealthCheck[]> {
  const targets = targetsOf(settings.targets)?.size ?? 0;
  const keys = signingKeysOf(secrets.signingKeys).size;
  return [
    {
      id: 'targets',
      label: `Targets and signing keys (${targets} and ${keys}; send a test to be sure)`,
      neededFor: ['send-alert'],
      failure: null,
    },
  ];
}
