import { z } from 'zod';
import { RetryableError } from '../../../../src-shared/domain/failure.ts';
import type { Plan } from '../../kit/adapter.ts';
import { dashboardUid, kpiDashboard } from '../dashboard.ts';
import { grafanaCall, kit } from '../kit.ts';

const Payload = z.object({ folderUid: z.string().max(40).default('') });
const Answer = z.object({ uid: z.string(), version: z.number().int() });

/** The dashboard made from the KPI catalogue; saving it again replaces the one of that id. */
export const saveDashboard = kit.action({
  label: 'Save the KPI dashboard',
  payload: Payload,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan({ folderUid }): Plan {
    const dashboard = kpiDashboard();
    return {
      summary: `Save the dashboard "${dashboard.title}"`,
      target: 'POST /api/dashboards/db',
      fields: dashboard.panels.map(({ title }) => ({ name: 'Panel', next: title })),
      body: z.json().parse({
        dashboard: { ...dashboard },
        ...(folderUid === '' ? {} : { folderUid }),
        message: 'KPI dashboard of the WedSync Ops Console',
        overwrite: true,
      }),
    };
  },

  async deliver(plan, _stamp, ctx) {
    const reply = await grafanaCall(ctx, 'POST', '/api/dashboards/db', plan.body);
    const answer = Answer.safeParse(reply.json);
    if (!answer.success) throw new RetryableError('timeout', 'Grafana answered, but not with the saved dashboard');
    return { vendorId: answer.data.uid || dashboardUid, note: `Version ${answer.data.version}` };
  },
});
