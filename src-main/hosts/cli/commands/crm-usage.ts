import { type CommandContext, type Outcome, UsageError, word } from '../command.ts';
import { counted } from '../output.ts';

export const usageWords = [
  'crm usage',
  'crm usage connect ADDRESS   (the key comes from stdin)',
  'crm usage disconnect',
  'crm usage fetch [--again]',
];

/** AI usage from the documented WedSync API. */
export async function usage(context: CommandContext): Promise<Outcome> {
  const { words, options } = context;
  const { client } = await context.console();
  const organisationId = await context.organisation();
  switch (words[1]) {
    case undefined: {
      const value = await client.sources.usage({ organisationId });
      const fetched =
        value.fetchedAt === null
          ? 'Nothing was fetched yet.'
          : `Last fetched ${(await context.when())(value.fetchedAt)}.`;
      return { value, text: value.connected ? `Connected to ${value.address}. ${fetched}` : 'Not connected.' };
    }
    case 'connect': {
      const address = word(words, 2, 'ADDRESS');
      const key = (await context.stdin()).trim();
      if (key === '') throw new UsageError('The key comes from stdin, and stdin was empty');
      const value = await client.sources.connectUsage({ organisationId, address, key });
      return { value, text: `Connected to ${value.address}.` };
    }
    case 'disconnect': {
      const value = await client.sources.disconnectUsage({ organisationId });
      return { value, text: 'Not connected any more; what was fetched stays.' };
    }
    case 'fetch': {
      const total = { imported: 0, duplicates: 0, rejected: 0, imports: [] as string[] };
      let problem: string | null = null;
      let more = true;
      for (let again = options.again === true; more && problem === null; again = false) {
        const step = await client.sources.fetchUsage({ organisationId, again });
        more = step.more;
        if (step.importId === null) break;
        total.imports.push(step.importId);
        for await (const { result } of await client.imports.progress({ organisationId, importId: step.importId })) {
          if (!result) continue;
          total.imported += result.imported;
          total.duplicates += result.duplicates;
          total.rejected += result.rejected;
          if (result.state !== 'done') problem = result.problem ?? result.state;
        }
      }
      return {
        value: { ...total, problem },
        text:
          problem ??
          (total.imports.length === 0
            ? 'Nothing new.'
            : `${counted(total.imported, 'record')} new, ${total.duplicates} known, ${total.rejected} refused or asked about.`),
        exit: problem !== null || total.rejected > 0 ? 1 : 0,
      };
    }
    default:
      throw new UsageError(`crm usage does not know "${words[1]}"`);
  }
}
