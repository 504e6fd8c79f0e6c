import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import type { Scene } from './message-of.ts';
import type { AlertParts } from './parts.ts';
import { send } from './send.ts';

const PRIORITY = 3;

interface Notice {
  /** The same one is sent once. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly dueAt: Instant;
  readonly consoleLink: string;
  /** E-mail goes to the management as well. */
  readonly by: readonly ('slack' | 'email')[];
}

/** A text to people, in the transaction of what it tells: no silence hides it and nobody has to acknowledge it. */
export async function sendNotice(
  parts: AlertParts,
  tx: Tx,
  scene: Scene,
  { id, subject, text, dueAt, consoleLink, by }: Notice,
): Promise<void> {
  const { calendar, config } = scene;
  const ids = new Set([...by.flatMap((channel) => config.usual[channel]), ...config.management]);
  const message: AlertMessage = {
    kind: 'notice',
    noticeId: id,
    organisation: calendar.organisation,
    zone: calendar.zone,
    dueAt,
    subject: subject.slice(0, 200),
    text: text.slice(0, 20_000),
    consoleLink,
  };
  for (const destination of config.destinations) {
    if (!by.some((channel) => channel === destination.channel) || !ids.has(destination.id)) continue;
    const how = { object: `${id}:${destination.id}`, revision: 'r1', priority: PRIORITY, supersedes: false };
    await send(parts, tx, scene, destination, message, how);
  }
}
