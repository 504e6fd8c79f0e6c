import { z } from 'zod';
import type { Fault } from '../../../sandbox/faults.ts';
import type { SandboxReply, SandboxWorld } from '../../../sandbox/kit.ts';
import { type Doc, firstVisit, newId, of, reply, stamp } from './studio.ts';

/** Somebody in the studio changes something; see the faults of the sandbox. */
export function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const [studio = '', name = '', value = ''] = (fault.value ?? '').split('|');
  const fields = world.documents<Doc>('fields');
  const field = fields.all().find((one) => one.studio === studio && one.name === name);
  const contacts = world.documents<Doc>('contacts');
  if (fault.fault === 'forget-contact') {
    for (const one of of(world, 'contacts', studio)) contacts.remove(one.id);
    return true;
  }
  if (!field) return false;
  switch (fault.fault) {
    case 'rename-field':
      fields.put(field.id, { ...field, name: value });
      return true;
    case 'retype-field':
      fields.put(field.id, { ...field, kind: value });
      return true;
    case 'expose-field':
      fields.put(field.id, { ...field, clientAccess: 'Visible' });
      return true;
    case 'edit':
      for (const one of of(world, 'contacts', studio)) {
        const kept = (one.customFields as { id: string; fieldId: string; value: string | null }[]).filter(
          ({ fieldId }) => fieldId !== field.id,
        );
        contacts.put(one.id, {
          ...one,
          modified: stamp(world),
          customFields: [...kept, { id: newId(world), fieldId: field.id, value }],
        });
      }
      return true;
    default:
      return false;
  }
}

const Pressed = z.strictObject({ key: z.string(), kind: z.enum(['person', 'company']), name: z.string() });

/** Somebody adds a contact; whoever subscribed to that is called, as the vendor does: unsigned, once, on loopback only. */
export function press(input: unknown, world: SandboxWorld): SandboxReply {
  const { key: studio, kind, name } = Pressed.parse(input);
  firstVisit(studio, world);
  const at = stamp(world);
  const id = newId(world);
  world
    .documents<Doc>('contacts')
    .put(id, { id, studio, created: at, modified: at, hidden: false, kind, name, customFields: [] });
  const called = of(world, 'hooks', studio).filter(({ event, limitTo }) => {
    const limits = limitTo as { contactKinds?: string[] } | null;
    return event === 'contact.created' && (limits?.contactKinds ?? [kind]).includes(kind);
  });
  for (const { url } of called) {
    if (!['127.0.0.1', 'localhost'].includes(new URL(String(url)).hostname)) continue;
    const body = JSON.stringify({ id, type: 'contact' });
    void fetch(String(url), { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(
      () => undefined,
    );
  }
  return reply(200, { id, called: called.length });
}
