import { z } from 'zod';
import {
  bodyOf,
  formOf,
  matchRoute,
  type Route,
  type SandboxReply,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/**
 * Plays Entra's token address and the part of Power BI the console uses: one workspace with one import model on the
 * warehouse. As there: a model refreshes once at a time, shared capacity takes eight refreshes in 24 hours and the simple
 * form only, and what is accepted may fail later. `premium`: the workspace has capacity of its own. `refresh-fails`: the
 * next refresh is accepted and fails with the code in `value`. `no-push`: push models are made no more.
 */
export const practicePowerBi = {
  tenantId: '7d1c2f3a-5b64-4c8e-9a70-2f1e6b8c9d01',
  clientId: '0b9f4c1e-6a2d-4f7b-8c35-91d0e7a4b602',
  clientSecret: 'practice~secret~of~powerbi~0001',
  workspaceId: '3f2a7c58-1d9e-4b06-a4c3-5e8f7b6a9d03',
  modelId: '9c8b7a65-4d3e-4f21-8b0a-6d5c4e3f2a04',
} as const;

export interface StoredModel {
  readonly id: string;
  readonly name: string;
  readonly addRowsAPIEnabled: boolean;
  readonly IsRefreshable: boolean;
  readonly tables: readonly { readonly name: string; readonly columns: readonly { readonly name: string }[] }[];
}
export interface StoredRefresh {
  readonly requestId: string;
  readonly refreshType: string;
  readonly startTime: string;
  /** How often it is still found running. */
  readonly looks: number;
  readonly error: string | null;
}
export interface StoredRows {
  readonly rows: readonly unknown[];
}

const problem = (status: number, code: string, message = code): SandboxReply => ({
  status,
  json: { error: { code, message } },
});
const NewModel = z.object({
  name: z.string().min(1),
  defaultMode: z.literal('Push'),
  tables: z
    .array(z.looseObject({ name: z.string().min(1).max(100), columns: z.array(z.looseObject({ name: z.string() })) }))
    .min(1)
    .max(75),
});
const NewRows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });
const NewRefresh = z.record(z.string(), z.unknown());
const dayMs = 86_400_000;
const tokenSeconds = 3_599;

function modelsOf(world: SandboxWorld) {
  const all = world.documents<StoredModel>('models');
  const { modelId } = practicePowerBi;
  if (all.get(modelId) === null)
    all.put(modelId, {
      id: modelId,
      name: 'WedSync KPIs (import)',
      addRowsAPIEnabled: false,
      IsRefreshable: true,
      tables: [],
    });
  return all;
}

const shown = ({ tables: _tables, ...model }: StoredModel) => model;

/** One more look at it: what runs is found done at the next, by whatever clock. */
function refreshShown(id: string, stored: StoredRefresh, world: SandboxWorld) {
  const { looks, error, ...one } = stored;
  if (looks > 0) {
    world.documents<StoredRefresh>(`refreshes ${id}`).put(stored.requestId, { ...stored, looks: looks - 1 });
    return { ...one, status: 'Unknown' };
  }
  const ended = { ...one, endTime: new Date(world.now()).toISOString() };
  return error === null
    ? { ...ended, status: 'Completed' }
    : { ...ended, status: 'Failed', serviceExceptionJson: JSON.stringify({ errorCode: error }) };
}

const root = '/v1.0/myorg/groups/:group';
const routes: readonly Route<SandboxWorld>[] = [
  {
    method: 'GET',
    path: `${root}/datasets`,
    handle: (_request, _params, world) => ({ status: 200, json: { value: modelsOf(world).all().map(shown) } }),
  },
  {
    method: 'POST',
    path: `${root}/datasets`,
    handle(request, _params, world) {
      if (world.fault('no-push')) {
        return {
          status: 400,
          json: {
            error: {
              code: 'FeatureDeprecatedError',
              'pbi.error': { code: 'FeatureDeprecatedError', parameters: {}, details: [], exceptionCulprit: 1 },
            },
          },
        };
      }
      const wanted = bodyOf(request, NewModel);
      if (!wanted) return problem(400, 'BadRequest');
      const model = {
        id: world.uuid(),
        name: wanted.name,
        addRowsAPIEnabled: true,
        IsRefreshable: false,
        tables: wanted.tables,
      };
      modelsOf(world).put(model.id, model);
      return { status: 201, json: { id: model.id, name: model.name, addRowsAPIEnabled: true } };
    },
  },
  {
    method: 'GET',
    path: `${root}/datasets/:id`,
    handle(_request, { id = '' }, world) {
      const model = modelsOf(world).get(id);
      return model ? { status: 200, json: shown(model) } : problem(404, 'ItemNotFound');
    },
  },
  {
    method: 'GET',
    path: `${root}/datasets/:id/refreshes`,
    handle(_request, { id = '' }, world) {
      if (!modelsOf(world).get(id)) return problem(404, 'ItemNotFound');
      const all = world.documents<StoredRefresh>(`refreshes ${id}`).all();
      return {
        status: 200,
        json: {
          value: all
            .toReversed()
            .slice(0, 60)
            .map((one) => refreshShown(id, one, world)),
        },
      };
    },
  },
  {
    method: 'POST',
    path: `${root}/datasets/:id/refreshes`,
    handle(request, { id = '' }, world) {
      const model = modelsOf(world).get(id);
      if (!model?.IsRefreshable) return problem(404, 'ItemNotFound');
      const premium = world.fault('premium') !== null;
      const body = request.bytes.length === 0 ? {} : bodyOf(request, NewRefresh);
      if (!body) return problem(400, 'BadRequest');
      const enhanced = Object.keys(body).some((name) => name !== 'notifyOption');
      if (enhanced && (!premium || 'notifyOption' in body)) return problem(400, 'InvalidRequest', 'Only notifyOption');
      const all = world.documents<StoredRefresh>(`refreshes ${id}`);
      if (all.all().some(({ looks }) => looks > 0)) return problem(400, 'RefreshInProgressException');
      const day = all.all().filter(({ startTime }) => Date.parse(startTime) > world.now() - dayMs);
      if (!premium && day.length >= 8) {
        return {
          status: 429,
          headers: { 'retry-after': '3392' },
          json: { message: 'You have exceeded the amount of requests allowed in the current time frame.' },
        };
      }
      const fault = world.fault('refresh-fails');
      const one = {
        requestId: world.uuid(),
        refreshType: enhanced ? 'ViaEnhancedApi' : 'ViaApi',
        startTime: new Date(world.now()).toISOString(),
        looks: 1,
        error: fault ? (fault.value ?? 'ModelRefresh_ShortMessage_ProcessingError') : null,
      };
      all.put(one.requestId, one);
      const named = { 'x-ms-request-id': one.requestId, location: `${request.path}/${one.requestId}` };
      return { status: 202, ...(enhanced ? { headers: named } : {}) };
    },
  },
  {
    method: 'GET',
    path: `${root}/datasets/:id/refreshes/:refresh`,
    handle(_request, { id = '', refresh = '' }, world) {
      const one = world.documents<StoredRefresh>(`refreshes ${id}`).get(refresh);
      if (one?.refreshType !== 'ViaEnhancedApi') return problem(404, 'ItemNotFound');
      const {
        requestId: _id,
        refreshType: _type,
        serviceExceptionJson,
        ...detail
      } = {
        serviceExceptionJson: undefined,
        ...refreshShown(id, one, world),
      };
      const status = detail.status === 'Unknown' ? 202 : 200;
      const messages = serviceExceptionJson === undefined ? {} : { messages: [{ code: one.error, type: 'Error' }] };
      const extendedStatus = detail.status === 'Unknown' ? 'InProgress' : detail.status;
      return { status, json: { ...detail, type: 'Full', extendedStatus, ...messages } };
    },
  },
  {
    method: 'POST',
    path: `${root}/datasets/:id/tables/:table/rows`,
    handle(request, { id = '', table = '' }, world) {
      const columns = modelsOf(world)
        .get(id)
        ?.tables.find(({ name }) => name === table)
        ?.columns.map(({ name }) => name);
      if (!columns) return problem(404, 'ItemNotFound');
      const body = bodyOf(request, NewRows);
      if (!body) return problem(400, 'BadRequest');
      if (body.rows.length > 10_000) return problem(413, 'RequestEntityTooLarge');
      if (body.rows.some((row) => Object.keys(row).some((name) => !columns.includes(name))))
        return problem(400, 'UnknownColumn');
      const all = world.documents<StoredRows>('rows');
      const before = all.get(`${id} ${table}`)?.rows ?? [];
      all.put(`${id} ${table}`, { rows: [...before, ...body.rows] });
      return { status: 200 };
    },
  },
  {
    method: 'DELETE',
    path: `${root}/datasets/:id/tables/:table/rows`,
    handle(_request, { id = '', table = '' }, world) {
      if (
        !modelsOf(world)
          .get(id)
          ?.tables.some(({ name }) => name === table)
      )
        return problem(404, 'ItemNotFound');
      world.documents<StoredRows>('rows').put(`${id} ${table}`, { rows: [] });
      return { status: 200 };
    },
  },
];

const entraProblem = (status: number, number: number, description: string): SandboxReply => ({
  status,
  json: { error: 'invalid_client', error_description: `AADSTS${number}: ${description}`, error_codes: [number] },
});

function signIn(form: URLSearchParams, tenant: string, world: SandboxWorld): SandboxReply {
  if (tenant !== practicePowerBi.tenantId) return entraProblem(400, 90002, 'Tenant not found.');
  if (form.get('client_id') !== practicePowerBi.clientId) return entraProblem(400, 700016, 'Application not found.');
  if (form.get('client_secret') !== practicePowerBi.clientSecret)
    return entraProblem(401, 7000215, 'Invalid client secret provided.');
  if (form.get('grant_type') !== 'client_credentials' || !form.get('scope')?.endsWith('/.default'))
    return entraProblem(400, 900144, 'The request body must contain the right parameters.');
  const token = world.text();
  world.documents<{ endsAt: number }>('tokens').put(token, { endsAt: world.now() + tokenSeconds * 1_000 });
  return {
    status: 200,
    json: { token_type: 'Bearer', expires_in: tokenSeconds, ext_expires_in: tokenSeconds, access_token: token },
  };
}

export const powerbiSandbox: SandboxSystem = {
  id: 'powerbi',
  hosts: ['api.powerbi.com', 'login.microsoftonline.com'],
  faults: ['premium', 'refresh-fails', 'no-push'],
  handle(request, world) {
    if (request.host === 'login.microsoftonline.com') {
      const [, tenant] = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(request.path) ?? [];
      if (tenant === undefined || request.method !== 'POST') return { status: 404, text: '' };
      return signIn(formOf(request), tenant, world);
    }
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const session = world.documents<{ endsAt: number }>('tokens').get(token);
    if (!session || session.endsAt <= world.now()) return problem(401, 'TokenExpired');
    const match = matchRoute(routes, request);
    if (match === 'no-path' || match === 'no-method') return problem(404, 'PathNotFound');
    // Another workspace than the one the application was let into.
    if (match.params.group !== practicePowerBi.workspaceId) return problem(403, 'PowerBINotAuthorizedException');
    return match.route.handle(request, match.params, world);
  },
};
