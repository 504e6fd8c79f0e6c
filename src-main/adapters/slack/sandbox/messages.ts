import type { SandboxWorld } from '../../../sandbox/kit.ts';

export interface Message {
  readonly channel: string;
  readonly ts: string;
  text: string;
  blocks: unknown[];
  readonly threadTs: string | null;
  readonly broadcast: boolean;
  edits: number;
}

export function shown(message: Message): Record<string, unknown> {
  return {
    type: 'message',
    user: 'U0WEDSYNC',
    bot_id: 'B0WEDSYNC',
    app_id: 'A0WEDSYNC',
    team: 'T0PRACTICE',
    ts: message.ts,
    text: message.text,
    blocks: message.blocks,
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
  };
}

export function newTs(world: SandboxWorld): string {
  const count = world.documents<number>('counter');
  const next = (count.get('ts') ?? 0) + 1;
  count.put('ts', next);
  return `${Math.floor(world.now() / 1_000)}.${String(next).padStart(6, '0')}`;
}
