import { z } from 'zod';
import { type Happening, nothing, type Stored, text } from './happening.ts';
import { intuitEventKey, xeroEventKey } from './senders.ts';

const XeroEvent = z.object({ resourceId: z.string().min(1), eventType: text, eventCategory: text, eventDateUtc: text });

export function xero({ dedupeKey, body }: Stored): Happening[] {
  const list = z.object({ events: z.array(z.unknown()).max(5_000) }).safeParse(body.json);
  if (!list.success) return nothing(dedupeKey, 'no list of events');
  if (list.data.events.length === 0) return nothing(dedupeKey, 'intent to receive, answered');
  return list.data.events.flatMap((each, index): Happening[] => {
    const eventId = xeroEventKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = XeroEvent.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'an event without a resource');
    const { resourceId, eventType, eventCategory, eventDateUtc } = parsed.data;
    if (eventCategory !== 'INVOICE' && eventCategory !== 'CREDITNOTE')
      return nothing(eventId, `about a ${eventCategory.toLowerCase()}`);
    if (eventType !== 'UPDATE') return nothing(eventId, 'made, not changed');
    // Xero writes UTC without saying so.
    const at = Date.parse(/Z|[+-]\d\d:\d\d$/.test(eventDateUtc) ? eventDateUtc : `${eventDateUtc}Z`);
    return [
      {
        kind: 'document',
        eventId,
        mark: null,
        vendorId: resourceId,
        change: 'update',
        at: Number.isFinite(at) ? at : 0,
      },
    ];
  });
}

const CloudEvent = z.object({ type: text, time: text, intuitentityid: text });
const OldIntuit = z.object({
  eventNotifications: z.array(
    z.object({
      realmId: text,
      dataChangeEvent: z.object({
        entities: z.array(z.object({ id: text, name: text, operation: text, lastUpdated: text })),
      }),
    }),
  ),
});

export function intuit({ dedupeKey, body }: Stored): Happening[] {
  const old = OldIntuit.safeParse(body.json);
  if (old.success) {
    return old.data.eventNotifications.flatMap(({ realmId, dataChangeEvent }) =>
      dataChangeEvent.entities.flatMap(({ id, name, operation, lastUpdated }) =>
        quickBooks(`${realmId}|${name}|${id}|${operation}|${lastUpdated}`, name, operation, id, lastUpdated),
      ),
    );
  }
  if (!Array.isArray(body.json)) return nothing(dedupeKey, 'neither CloudEvents nor the older notifications');
  return body.json.flatMap((each: unknown, index): Happening[] => {
    const eventId = intuitEventKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = CloudEvent.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'not a CloudEvent');
    const [, entity = '', operation = ''] = /^qbo\.(\w+)\.(\w+)\.v\d+$/.exec(parsed.data.type) ?? [];
    return quickBooks(eventId, entity, operation, parsed.data.intuitentityid, parsed.data.time);
  });
}

const posted = ['bill', 'purchase', 'vendorcredit'];

function quickBooks(eventId: string, entity: string, operation: string, vendorId: string, time: string): Happening[] {
  if (!posted.includes(entity.toLowerCase()))
    return nothing(eventId, `about a ${entity.toLowerCase() || 'thing without a name'}`);
  const change = /^(?:update|merge)/i.test(operation)
    ? 'update'
    : /^(?:delete|void)/i.test(operation)
      ? 'delete'
      : null;
  if (change === null) return nothing(eventId, 'made, not changed');
  const at = Date.parse(time);
  return [{ kind: 'document', eventId, mark: null, vendorId, change, at: Number.isFinite(at) ? at : 0 }];
}
