import { call } from '@orpc/server';
import { expect, test } from 'vitest';
import { alertDesks, SATURDAY } from '../../testing/alert-desk.ts';
import { alertHandlers } from './alerts.ts';
import { weekendHandlers } from './weekend.ts';

const begin = alertDesks();

test('couples are named to operations and administration, to nobody else, and to nobody at all where nobody is signed in (SEC-49)', async () => {
  const desk = await begin(SATURDAY);
  const { alerts, org } = desk;
  const seenBy = async (roles: readonly string[] | null) => {
    const acting = async () => roles && { id: 'p', name: 'P', roles };
    const { view } = weekendHandlers({ alerts, organisations: { acting } } as never);
    const caller = { via: 'window', access: 'admin', personId: null } as const;
    const context = { caller, correlationId: 'c-1', log: desk.runtime.log };
    const { ceremonies } = await call(view, { organisationId: org }, { context });
    return ceremonies.map(({ couple }) => couple);
  };
  const names = ['Zebedee & Quill', 'Quill & Zebedee'];
  const nobody = [null, null];
  expect(await seenBy(['ops'])).toEqual(names);
  expect(await seenBy(['finance_approver', 'admin'])).toEqual(names);
  expect(await seenBy(['finance_preparer', 'finance_approver'])).toEqual(nobody);
  expect(await seenBy([])).toEqual(nobody);
  expect(await seenBy(null)).toEqual(nobody);
});

test('what anybody may read, anybody may have on paper: the weekend sheet, an incident report', async () => {
  const desk = await begin(SATURDAY);
  const { alerts, org, weekend, runtime } = desk;
  const printed: string[] = [];
  const print = async (_page: unknown, name: string) => {
    printed.push(name);
    return { name, bytes: 1, download: 'handle' };
  };
  const requireRole = async () => Promise.reject(new Error('Nobody is asked for a role'));
  const organisations = { requireRole, acting: async () => null };
  const deps = { alerts, weekend, organisations, print, now: () => runtime.clock.now() } as never;
  const caller = { via: 'window', access: 'operate', personId: 'viewer' } as const;
  const context = { caller, correlationId: 'c-1', log: runtime.log };
  await call(weekendHandlers(deps).sheet, { organisationId: org }, { context });
  const report = { organisationId: org, title: 'Gallery down', text: 'It was' };
  await call(alertHandlers(deps).reportPdf, report, { context });
  expect(printed).toEqual(['weekend-2026-11-20.pdf', 'incident-report-2026-11-21.pdf']);
});
