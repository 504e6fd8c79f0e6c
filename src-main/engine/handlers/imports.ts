import { imports as importsContract } from '../../../src-shared/contract/imports.ts';
import type { ChosenFile, FileHandles } from '../../ports/files.ts';
import type { Imports } from '../imports/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { type CallContext, implementGuarded, notFound } from './base.ts';

const os = implementGuarded({ imports: importsContract });

export interface ImportHandlersDeps {
  readonly imports: Imports;
  readonly files: FileHandles;
  readonly organisations: Pick<Organisations, 'requireRole'>;
}

/** `contract/imports.ts`. */
export function importHandlers({ imports, files, organisations }: ImportHandlersDeps) {
  /** The person acting, with a role that may bring files in. */
  async function actor(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, [
      'finance_preparer',
      'finance_approver',
      'ops',
      'admin',
    ]);
    return { actor: `person:${person.id}`, channel: caller.via, correlationId };
  }

  function found(file: ChosenFile | null): ChosenFile {
    if (file) return file;
    throw notFound({
      happened: 'The file is no longer at hand.',
      means: 'It was used already, or chosen more than an hour ago.',
      remedy: 'Choose it again.',
    });
  }

  return {
    preview: os.imports.preview.handler(async ({ input }) =>
      imports.preview(input.organisationId, found(await files.peek(input.file)), input.columns),
    ),
    start: os.imports.start.handler(async ({ input, context }) => {
      const who = await actor(input.organisationId, context);
      return imports.start({ ...input, file: found(await files.take(input.file)) }, who);
    }),
    progress: os.imports.progress.handler(({ input, signal }) =>
      imports.progress(input.organisationId, input.importId, signal),
    ),
    get: os.imports.get.handler(({ input }) => imports.get(input.organisationId, input.importId)),
    rejections: os.imports.rejections.handler(({ input }) =>
      imports.rejections(input.organisationId, input.importId, input.after),
    ),
    list: os.imports.list.handler(({ input }) => imports.list(input.organisationId)),
    cancel: os.imports.cancel.handler(async ({ input, context }) => {
      await actor(input.organisationId, context);
      return imports.cancel(input.organisationId, input.importId);
    }),
    undo: os.imports.undo.handler(async ({ input, context }) =>
      imports.undo(input.organisationId, input.importId, await actor(input.organisationId, context)),
    ),
  };
}
