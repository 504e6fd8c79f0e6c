import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  bodyOf,
  matchRoute,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/**
 * Plays the part of Tableau's REST API the console uses: one site with the project Ops. As there: an access token has one
 * session, files come part by part as multipart/mixed, and publishing is a job that shows a finish code before it means
 * anything. `publish-fails` and `publish-cancelled` let the next job end so, after it was accepted.
 */
export const practiceTableau = { tokenName: 'wedsync-console', tokenSecret: 'practice==:secretoftableau0001' } as const;

const siteId = '6b7179ba-b82b-4f0f-91ed-812074ac5da6';
const contentUrl = 'wedsync';
const projectId = 'ee8c6e70-43b6-11e6-af4f-f7b0d8e20760';
const version = '3.27';
const sessionMs = 120 * 60_000;
const chunkLimit = 64 * 1024 * 1024;

interface Session {
  readonly endsAt: number;
}
interface StoredUpload {
  /** Base64, part by part. */
  readonly parts: readonly string[];
}
export interface StoredSource {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Of the file published last. */
  readonly bytes: number;
  readonly sha256: string;
  readonly updatedAt: string;
}
interface StoredJob {
  readonly id: string;
  readonly createdAt: string;
  /** How often it is still found under way. */
  readonly looks: number;
  readonly finishCode: string;
}

const problem = (code: string, summary: string, detail = summary): SandboxReply => ({
  status: Number(code.slice(0, 3)),
  json: { error: { summary, detail, code } },
});
const SignIn = z.object({
  credentials: z.object({
    personalAccessTokenName: z.string(),
    personalAccessTokenSecret: z.string(),
    site: z.object({ contentUrl: z.string() }),
  }),
});

/** Name and bytes of each part; null: not a multipart/mixed body in Tableau's form. */
function partsOf({ headers, bytes }: SandboxRequest): ReadonlyMap<string, Buffer> | null {
  const boundary = /^multipart\/mixed; boundary="?([^";]{1,70})"?$/i.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return null;
  const body = Buffer.from(bytes);
  const found = new Map<string, Buffer>();
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0; ) {
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), mark]), at + mark.length);
    if (next < 0)
      return body
        .subarray(at + mark.length)
        .toString('latin1')
        .startsWith('--')
        ? found
        : null;
    const head = body.indexOf('\r\n\r\n', at);
    if (head < 0 || head > next) return null;
    const name = /content-disposition: name="([^"]+)"/i.exec(body.subarray(at, head).toString('latin1'))?.[1];
    if (name === undefined) return null;
    found.set(name, body.subarray(head + 4, next));
    at = next + 2;
  }
  return null;
}

const attribute = (text: string, tag: string, name: string) =>
  new RegExp(`<${tag}\\b[^>]*\\b${name}="([^"]*)"`)
    .exec(text)?.[1]
    ?.replace(
      /&(amp|lt|gt|quot|apos);/g,
      (_all, sign: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[sign] ?? "'",
    );

const newUploads = (world: SandboxWorld) => world.documents<StoredUpload>('uploads');

const root = `/api/${version}/sites/:site`;
const routes: readonly Route<SandboxWorld>[] = [
  {
    method: 'GET',
    path: `/api/${version}/sessions/current`,
    handle: () => ({
      status: 200,
      json: { session: { site: { id: siteId, contentUrl }, user: { id: '1a96d216-e9b8-497b-a82a-0b899a965e01' } } },
    }),
  },
  {
    method: 'GET',
    path: `${root}/projects`,
    handle(request) {
      const wanted = /^name:eq:(.*)$/.exec(request.query.get('filter') ?? '')?.[1] ?? 'Ops';
      const project = wanted === 'Ops' ? [{ id: projectId, name: 'Ops', description: '' }] : [];
      const pagination = { pageNumber: '1', pageSize: '100', totalAvailable: String(project.length) };
      return { status: 200, json: { pagination, projects: { project } } };
    },
  },
  {
    method: 'POST',
    path: `${root}/fileUploads`,
    handle(_request, _params, world) {
      const uploadSessionId = `7720:${world.uuid()}-1:0`;
      newUploads(world).put(uploadSessionId, { parts: [] });
      return { status: 201, json: { fileUpload: { uploadSessionId, fileSize: '0' } } };
    },
  },
  {
    method: 'PUT',
    path: `${root}/fileUploads/:upload`,
    handle(request, { upload = '' }, world) {
      const before = newUploads(world).get(upload);
      if (!before) return problem('404002', 'Upload session not found');
      const parts = partsOf(request);
      const bytes = parts?.get('tableau_file');
      if (!parts?.has('request_payload') || !bytes) return problem('400000', 'Bad request', 'multipart/mixed expected');
      if (bytes.length > chunkLimit) return problem('400011', 'Bad request', 'chunk too large');
      const all = [...before.parts, bytes.toString('base64')];
      newUploads(world).put(upload, { parts: all });
      return { status: 200, json: { fileUpload: { uploadSessionId: upload, fileSize: '1' } } };
    },
  },
  {
    method: 'GET',
    path: `${root}/datasources`,
    handle(request, _params, world) {
      const inOurs = (request.query.get('filter') ?? 'projectName:eq:Ops') === 'projectName:eq:Ops';
      const all = inOurs ? world.documents<StoredSource>('sources').all() : [];
      const [size, page] = [Number(request.query.get('pageSize') ?? 100), Number(request.query.get('pageNumber') ?? 1)];
      if (size > 1_000) return problem('400006', 'Bad request', 'page size above 1000');
      const datasource = all
        .slice((page - 1) * size, page * size)
        .map(({ id, name }) => ({ id, name, project: { id: projectId, name: 'Ops' } }));
      const pagination = { pageNumber: String(page), pageSize: String(size), totalAvailable: String(all.length) };
      return { status: 200, json: { pagination, datasources: { datasource } } };
    },
  },
  {
    method: 'POST',
    path: `${root}/datasources`,
    handle(request, _params, world) {
      const upload = newUploads(world).get(request.query.get('uploadSessionId') ?? '');
      const about = partsOf(request)?.get('request_payload')?.toString('utf8');
      const name = about && attribute(about, 'datasource', 'name');
      if (!about || !name) return problem('400000', 'Bad request', 'the payload cannot be read');
      if (!upload) return problem('404002', 'Upload session not found');
      if (attribute(about, 'project', 'id') !== projectId) return problem('404005', 'Project not found');
      const file = Buffer.concat(upload.parts.map((part) => Buffer.from(part, 'base64')));
      const framed = file.subarray(0, 4).toString() === 'PAR1' && file.subarray(-4).toString() === 'PAR1';
      if (request.query.get('datasourceType') !== 'parquet' || !framed)
        return problem('400011', 'Bad request', 'The file could not be published');
      const sources = world.documents<StoredSource>('sources');
      const known = sources.all().find((one) => one.name === name);
      if (known && request.query.get('overwrite') !== 'true') return problem('409006', 'Conflict', 'Name taken');
      newUploads(world).remove(request.query.get('uploadSessionId') ?? '');
      const finishCode = world.fault('publish-fails') ? '1' : world.fault('publish-cancelled') ? '2' : '0';
      const now = new Date(world.now()).toISOString();
      if (finishCode === '0') {
        const id = known?.id ?? world.uuid();
        const description = attribute(about, 'datasource', 'description') ?? '';
        const sha256 = createHash('sha256').update(file).digest('hex');
        sources.put(id, { id, name, description, bytes: file.length, sha256, updatedAt: now });
      }
      const job = { id: world.uuid(), createdAt: now, looks: 1, finishCode };
      world.documents<StoredJob>('jobs').put(job.id, job);
      return {
        status: 202,
        json: {
          job: {
            id: job.id,
            mode: 'Asynchronous',
            type: 'PublishDatasource',
            progress: '0',
            createdAt: now,
            finishCode: '1',
          },
        },
      };
    },
  },
  {
    method: 'GET',
    path: `${root}/jobs/:job`,
    handle(_request, { job: id = '' }, world) {
      const jobs = world.documents<StoredJob>('jobs');
      const job = jobs.get(id);
      if (!job) return problem('404031', 'Job not found');
      const shown = { id, mode: 'Asynchronous', type: 'PublishDatasource', createdAt: job.createdAt };
      if (job.looks > 0) {
        jobs.put(id, { ...job, looks: job.looks - 1 });
        // As seen in the field: a code of failure before anything has happened.
        return { status: 200, json: { job: { ...shown, progress: '0', finishCode: '1' } } };
      }
      const completedAt = new Date(world.now()).toISOString();
      return { status: 200, json: { job: { ...shown, progress: '100', completedAt, finishCode: job.finishCode } } };
    },
  },
];

function signIn(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const asked = bodyOf(request, SignIn)?.credentials;
  if (!asked) return problem('400000', 'Bad request');
  const right =
    asked.personalAccessTokenName === practiceTableau.tokenName &&
    asked.personalAccessTokenSecret === practiceTableau.tokenSecret &&
    asked.site.contentUrl === contentUrl;
  if (!right) return problem('401001', 'Signin Error', 'Error signing in to Tableau Server');
  const sessions = world.documents<Session>('sessions');
  // A second sign-in with the same access token ends the first.
  for (const [token] of sessions.entries()) sessions.remove(token);
  const token = world.text();
  sessions.put(token, { endsAt: world.now() + sessionMs });
  return {
    status: 200,
    json: {
      credentials: {
        token,
        estimatedTimeToExpiration: '2:00:00',
        site: { id: siteId, contentUrl },
        user: { id: '1a96d216-e9b8-497b-a82a-0b899a965e01' },
      },
    },
  };
}

export const tableauSandbox: SandboxSystem = {
  id: 'tableau',
  hosts: ['10ax.online.tableau.com'],
  faults: ['publish-fails', 'publish-cancelled'],
  handle(request, world) {
    if (request.method === 'GET' && /^\/api\/\d+\.\d+\/serverinfo$/.test(request.path)) {
      const productVersion = { value: '2026.1.0', build: '20261.26.0401.1200' };
      return { status: 200, json: { serverInfo: { productVersion, restApiVersion: version } } };
    }
    if (request.path === `/api/${version}/auth/signin` && request.method === 'POST') return signIn(request, world);
    const session = world.documents<Session>('sessions').get(request.headers['x-tableau-auth'] ?? '');
    if (!session || session.endsAt <= world.now()) return problem('401002', 'Unauthorized Access', 'Invalid token');
    const match = matchRoute(routes, request);
    if (match === 'no-path' || match === 'no-method') return problem('404000', 'Not found');
    if (match.params.site !== undefined && match.params.site !== siteId) return problem('404000', 'Site not found');
    return match.route.handle(request, match.params, world);
  },
};
