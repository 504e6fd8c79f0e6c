import type { InboundSource, SystemHealth } from '../../../src-shared/contract/systems.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { Status } from '../../ui/status.tsx';
import { senderState } from './sender-options.ts';
import { healthOf } from './strings.ts';

export function HealthStatus({ system }: { system: Pick<SystemHealth, 'state' | 'checkedAt' | 'notAccepted'> }) {
  const { shape, tone, word } = healthOf(system);
  return (
    <Status shape={shape} tone={tone}>
      {word}
    </Status>
  );
}

export function SenderStatus({ sender }: { sender: InboundSource }) {
  const { shape, tone, word } = senderState(sender);
  return (
    <Status shape={shape} tone={tone}>
      {word}
    </Status>
  );
}

/** `412 ms`, `1 min 5 s`; a dash when it is not known. */
export function latency(ms: number | null): string {
  if (ms === null) return '—';
  return ms < 1_000 ? `${Math.round(ms)} ms` : formatDuration(ms);
}
