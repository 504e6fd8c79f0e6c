import type { Asker } from '../organisations/organisations.ts';

/** Who asked for it; the console itself has no person. */
export type By = Pick<Asker, 'personId' | 'channel' | 'correlationId'>;

export const itself: By = { personId: null, channel: 'engine', correlationId: '' };

/** The same as an entry of the record has it. */
export function whoOf({ personId, channel, correlationId }: By) {
  return { actor: personId === null ? 'system' : `person:${personId}`, channel, correlationId };
}
