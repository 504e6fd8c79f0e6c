import { z } from 'zod';
import type { DeliverySubject } from '../../../src-shared/contract/deliveries.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import type { Reader } from '../../ports/store.ts';
import { type DeliveryRow, payloadsOf } from '../../store/repositories/deliveries.ts';
import { documentsByReference } from '../../store/repositories/exports.ts';

/** What payloads have in common by which a person knows them; every adapter checks the whole of its own. */
const Alert = z.object({
  message: z.object({ kind: z.string(), alertId: z.string(), reference: z.string(), title: z.string() }),
});
const Bundle = z.object({ message: z.object({ kind: z.literal('bundle'), reference: z.string(), total: z.number() }) });
const Notice = z.object({ message: z.object({ kind: z.literal('notice'), subject: z.string() }) });
const Bill = z.object({
  reference: z.string(),
  documentType: z.string(),
  invoiceNumber: z.string(),
  currency: z.string(),
  supplier: z.object({ name: z.string() }),
  totals: z.object({ gross: z.string() }),
});
const Posted = z.object({ reference: z.string(), documentType: z.string() });
const Push = z.object({
  pushId: z.string(),
  vendor: z.object({ name: z.string() }),
  period: z.object({ label: z.string(), title: z.string() }),
});
const Poll = z.object({ sid: z.string(), jobId: z.string() });
const Points = z.object({ points: z.array(z.unknown()) });
const Sync = z.object({ datasets: z.array(z.object({ dataset: z.string() })) });
const Load = z.object({ dataset: z.object({ dataset: z.string() }) });

type Payload = DeliveryRow['payload'];
const words = (name: string) => name.replaceAll('_', ' ');

/** Without asking the store. null: nothing in it that a person would know. */
function told(payload: Payload): DeliverySubject | null {
  const read = <T>(schema: z.ZodType<T>) => schema.safeParse(payload).data;
  const alert = read(Alert)?.message;
  if (alert) {
    const { kind, reference, title } = alert;
    return kind === 'test'
      ? { text: `Test ${reference}`, about: null }
      : { text: `${reference} ${title}`, about: { kind: 'alert', id: reference } };
  }
  const bundle = read(Bundle)?.message;
  if (bundle)
    return { text: `${bundle.reference}, bundle of ${formatCounted(bundle.total, 'alert', 'alerts')}`, about: null };
  const notice = read(Notice)?.message;
  if (notice) return { text: notice.subject, about: null };
  const push = read(Push);
  if (push)
    return {
      text: `${push.vendor.name}, ${push.period.title}`,
      about: { kind: 'push', id: push.pushId, period: push.period.label },
    };
  const points = read(Points)?.points;
  if (points) return { text: formatCounted(points.length, 'point', 'points'), about: null };
  const sets = read(Sync)?.datasets ?? [read(Load)?.dataset].filter((one) => one !== undefined);
  return sets.length === 0 ? null : { text: sets.map(({ dataset }) => words(dataset)).join(', '), about: null };
}

/** By delivery: the alert, invoice, vendor or figures it carries. Asks the store twice at most, however many there are. */
export async function subjectsOf(
  db: Reader,
  organisationId: string,
  rows: readonly Pick<DeliveryRow, 'id' | 'payload'>[],
): Promise<ReadonlyMap<string, DeliverySubject>> {
  const documents = rows.flatMap(({ payload }) => Posted.safeParse(payload).data?.reference ?? []);
  const asked = rows.flatMap(({ payload }) => Poll.safeParse(payload).data?.jobId ?? []);
  const [posted, messages] = await Promise.all([
    documentsByReference(db, organisationId, documents),
    payloadsOf(db, organisationId, asked),
  ]);
  const subject = (payload: Payload): DeliverySubject | null => {
    const poll = Poll.safeParse(payload).data;
    if (poll) {
      const sent = messages.get(poll.jobId);
      const of = sent === undefined ? null : told(sent);
      return of && { text: `Arrival of ${of.text}`, about: of.about };
    }
    const reference = Posted.safeParse(payload).data?.reference;
    if (reference === undefined) return told(payload);
    const held = posted.get(reference);
    const bill = Bill.safeParse(payload).data;
    const number = bill?.invoiceNumber ?? held?.invoice_number;
    if (number === undefined) return null;
    const text = bill
      ? `${number}, ${bill.supplier.name}, ${formatMoney(bill.totals.gross, bill.currency)}`
      : `Read back of ${number}, ${held?.supplier ?? ''}`;
    return { text, about: held ? { kind: 'batch', id: held.batch_id } : null };
  };
  return new Map(
    rows.flatMap(({ id, payload }) => {
      const found = subject(payload);
      return found ? [[id, found] as const] : [];
    }),
  );
}
