import { z } from 'zod';
import { RetryableError } from '../../../../src-shared/domain/failure.ts';
import type { Found, Plan, Stamp } from '../../kit/adapter.ts';
import { type GrafanaContext, grafanaCall, kit } from '../kit.ts';

/** Something that happened, to be seen across every graph. Times in ms; no person's name belongs in here (X13). */
const Annotation = z.object({
  at: z.number().int().nonnegative(),
  until: z.number().int().nonnegative().optional(),
  text: z.string().min(1).max(1_000),
  tags: z.array(z.string().min(1).max(100)).max(20),
});
const Answer = z.object({ id: z.number().int() });
const List = z.array(z.object({ id: z.number().int(), tags: z.array(z.string()).default([]) }));

/** Grafana has no keys for repeats, so each annotation carries a tag of its own and is looked for first. */
const mark = (stamp: Stamp) => `wedsync-id:${stamp.idempotencyKey}`;

async function standing(ctx: GrafanaContext, stamp: Stamp): Promise<number | null> {
  const reply = await grafanaCall(
    ctx,
    'GET',
    `/api/annotations?${new URLSearchParams({ tags: mark(stamp), limit: '1' })}`,
  );
  const list = List.safeParse(reply.json);
  if (!list.success) throw new RetryableError('timeout', 'Grafana answered, but not with a list of annotations');
  return list.data.find(({ tags }) => tags.includes(mark(stamp)))?.id ?? null;
}

const receipt = (id: number) => ({ vendorId: String(id), note: 'Annotation added' });

export const annotate = kit.action({
  label: 'Add an annotation',
  payload: Annotation,
  payloadVersion: 1,
  deliveryClass: 'telemetry',
  idempotency: 'lookup-first',

  plan(annotation): Plan {
    return {
      summary: annotation.text.slice(0, 120),
      target: 'POST /api/annotations',
      fields: [
        { name: 'Text', next: annotation.text },
        { name: 'From', next: new Date(annotation.at).toISOString() },
        ...(annotation.until === undefined ? [] : [{ name: 'To', next: new Date(annotation.until).toISOString() }]),
        { name: 'Tags', next: annotation.tags.join(', ') },
      ],
      body: {
        time: annotation.at,
        ...(annotation.until === undefined ? {} : { timeEnd: annotation.until }),
        text: annotation.text,
        tags: [...annotation.tags],
      },
    };
  },

  async deliver(plan, stamp, ctx) {
    const there = await standing(ctx, stamp);
    if (there !== null) return receipt(there);
    const body = z.looseObject({ tags: z.array(z.string()) }).parse(plan.body);
    const reply = await grafanaCall(ctx, 'POST', '/api/annotations', { ...body, tags: [...body.tags, mark(stamp)] });
    const answer = Answer.safeParse(reply.json);
    if (!answer.success) throw new RetryableError('timeout', 'Grafana answered, but not with the annotation’s number');
    return receipt(answer.data.id);
  },

  async find(_plan, stamp, ctx): Promise<Found | null> {
    const there = await standing(ctx, stamp);
    return there === null ? null : { receipt: receipt(there), same: true };
  },
});
