import { z } from 'zod';
import { PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { multipart } from '../kit/multipart.ts';
import { notItsOwn, type TableauContext, tableauCall } from './kit.ts';

const Projects = z.object({
  projects: z.object({ project: z.array(z.looseObject({ id: z.string(), name: z.string() })).default([]) }),
});
const Sources = z.object({
  datasources: z.object({ datasource: z.array(z.looseObject({ name: z.string() })).default([]) }),
});
const Upload = z.object({ fileUpload: z.object({ uploadSessionId: z.string().min(1) }) });
const Job = z.object({
  job: z.looseObject({ id: z.string().min(1), completedAt: z.string().optional(), finishCode: z.string().optional() }),
});

/** The most Tableau lists at once. */
const pageSize = 1_000;
/** At most 64 MB there; small enough that one lost part costs little. */
export const chunkBytes = 16 * 1024 * 1024;
/** Asked often at first, then seldom; after the whole time the job comes back later and publishes again. */
const askAgainMs = [250, 500, 1_000, 2_000, 5_000, 10_000] as const;
const seldomMs = 15_000;
const wholeMs = 30 * 60_000;
const xml: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => xml[sign] ?? sign);
const part = (name: string, contentType: string, bytes: Uint8Array, fileName?: string) => ({
  name,
  contentType,
  bytes,
  ...(fileName === undefined ? {} : { fileName }),
});

/** Id of the project the data sources lie in. Throws `gone` where there is none of that name. */
export async function projectOf(ctx: TableauContext): Promise<string> {
  const { project } = ctx.settings;
  const filter = encodeURIComponent(`name:eq:${project}`);
  const reply = await tableauCall(ctx, {
    method: 'GET',
    path: (site) => `/sites/${site}/projects?filter=${filter}&pageSize=100`,
    good: 200,
  });
  const found = Projects.safeParse(reply.json);
  if (!found.success) throw notItsOwn();
  const own = found.data.projects.project.find(({ name }) => name === project);
  if (own) return own.id;
  throw new PermanentError('gone', `There is no project ${project} in this site, or the token’s user cannot see it`, {
    hint: 'Make the project in Tableau, or enter the name of another one.',
  });
}

/** Whether a data source of each name lies in the project: somebody may have deleted one since. */
export async function allStand(ctx: TableauContext, names: readonly string[]): Promise<boolean> {
  const { project } = ctx.settings;
  const filter = encodeURIComponent(`projectName:eq:${project}`);
  const found = new Set<string>();
  for (let page = 1; ; page++) {
    const reply = await tableauCall(ctx, {
      method: 'GET',
      path: (site) => `/sites/${site}/datasources?filter=${filter}&pageSize=${pageSize}&pageNumber=${page}`,
      good: 200,
    });
    const parsed = Sources.safeParse(reply.json);
    if (!parsed.success) throw notItsOwn();
    const { datasource } = parsed.data.datasources;
    for (const { name } of datasource) found.add(name);
    if (names.every((name) => found.has(name))) return true;
    if (datasource.length < pageSize) return false;
  }
}

export interface SourceFile {
  /** Of the data source. */
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

/**
 * Uploads a file part by part and has Tableau put it in the place of the one before. Resolves with the id of the job once
 * the job itself says that it worked: being accepted is no success.
 */
export async function publish(ctx: TableauContext, projectId: string, file: SourceFile): Promise<string> {
  const uploadId = await upload(ctx, file);
  const about =
    `<tsRequest><datasource name="${escaped(file.name)}" description="${escaped(file.description)}">` +
    `<project id="${escaped(projectId)}"/></datasource></tsRequest>`;
  const query = `uploadSessionId=${encodeURIComponent(uploadId)}&datasourceType=parquet&overwrite=true&asJob=true`;
  const reply = await tableauCall(ctx, {
    method: 'POST',
    path: (site) => `/sites/${site}/datasources?${query}`,
    good: 202,
    body: multipart([part('request_payload', 'text/xml', Buffer.from(about))], 'mixed'),
  });
  const job = Job.safeParse(reply.json);
  if (!job.success) throw notItsOwn();
  await finished(ctx, job.data.job.id, file.name);
  return job.data.job.id;
}

async function upload(ctx: TableauContext, { fileName, bytes }: SourceFile): Promise<string> {
  const started = await tableauCall(ctx, { method: 'POST', path: (site) => `/sites/${site}/fileUploads`, good: 201 });
  const parsed = Upload.safeParse(started.json);
  if (!parsed.success) throw notItsOwn();
  const id = parsed.data.fileUpload.uploadSessionId;
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const chunk = bytes.subarray(from, from + chunkBytes);
    await tableauCall(ctx, {
      method: 'PUT',
      path: (site) => `/sites/${site}/fileUploads/${encodeURIComponent(id)}`,
      good: 200,
      body: multipart(
        [
          part('request_payload', 'text/xml', new Uint8Array()),
          part('tableau_file', 'application/octet-stream', chunk, fileName),
        ],
        'mixed',
      ),
    });
  }
  return id;
}

async function finished(ctx: TableauContext, id: string, name: string): Promise<void> {
  const until = ctx.clock.monotonicMs() + wholeMs;
  for (let turn = 0; ctx.clock.monotonicMs() < until; turn++) {
    const reply = await tableauCall(ctx, {
      method: 'GET',
      path: (site) => `/sites/${site}/jobs/${encodeURIComponent(id)}`,
      good: 200,
    });
    const parsed = Job.safeParse(reply.json);
    if (!parsed.success) throw notItsOwn();
    const { completedAt, finishCode } = parsed.data.job;
    // A fresh job already shows a code: it means nothing before the job has ended.
    if (completedAt !== undefined) {
      if (finishCode === '0') return;
      const how = finishCode === '2' ? 'was cancelled there' : 'failed';
      throw new RetryableError('vendor-down', `Tableau took the file of ${name}, and publishing it ${how}`, {
        retryAfterMs: 15 * 60_000,
      });
    }
    await ctx.clock.sleep(askAgainMs[turn] ?? seldomMs, ctx.signal);
    if (ctx.signal.aborted) throw new RetryableError('network', 'Cancelled while Tableau was publishing');
  }
  throw new RetryableError('timeout', `Tableau is still publishing ${name}`, { retryAfterMs: 5 * 60_000 });
}
