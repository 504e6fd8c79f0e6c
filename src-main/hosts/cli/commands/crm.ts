import { setTimeout as wait } from 'node:timers/promises';
import { CrmId, type PushView } from '../../../../src-shared/contract/crm.ts';
import { type Command, type CommandContext, type Outcome, text, UsageError, wholeNumber, word } from '../command.ts';
import type { Client } from '../console.ts';
import { writeGiven } from '../given-files.ts';
import { didYouMean } from '../nearest.ts';
import { counted, table } from '../output.ts';
import { usage, usageWords } from './crm-usage.ts';

const periodShape = /^\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?$/;

function period(context: CommandContext, needed: boolean): string | undefined {
  const given = text(context.options, 'period');
  if (given === undefined && needed) throw new UsageError('--period P is missing, e.g. 2026-10 or 2026-Q4');
  if (given !== undefined && !periodShape.test(given))
    throw new UsageError('--period takes a month or a quarter, e.g. 2026-10 or 2026-Q4');
  return given;
}

function crmOf(context: CommandContext, name = 'crm') {
  const given = text(context.options, name);
  if (given === undefined) return undefined;
  const parsed = CrmId.safeParse(given);
  if (!parsed.success) throw new UsageError(`--${name} takes ${CrmId.options.join(', ')}`);
  return parsed.data;
}

const summaryOf = (push: PushView) => ({
  id: push.id,
  vendorId: push.vendorId,
  vendor: push.vendor,
  crm: push.crm,
  period: push.period,
  state: push.state,
  action: push.action,
  changes: push.changes,
  readAt: push.readAt,
  problem: push.problem,
  hash: push.hash,
  fields: push.fields.map(({ key, name, now, next, changed, conflict, take, unit, estimate, formula, inputs }) => ({
    key,
    name,
    now,
    next,
    changed,
    conflict,
    take,
    unit,
    estimate,
    formula,
    inputs,
  })),
  readBack: push.readBack,
});

const pushTable = (pushes: readonly PushView[]) =>
  table(
    ['push', 'vendor', 'CRM', 'action', 'change', 'saving', 'state'],
    pushes.map((push) => [
      push.id,
      push.vendor,
      push.crm,
      push.action,
      `${push.changes} of ${push.fieldCount} fields`,
      push.saving,
      push.state.replaceAll('_', ' '),
    ]),
    [5],
  );

async function idOf(client: Client, organisationId: string, ref: string): Promise<string> {
  const vendors = await client.crm.vendors({ organisationId });
  const key = ref.trim().toLowerCase();
  const found = vendors.find(({ id, name, email }) => [id, name.toLowerCase(), email.toLowerCase()].includes(key));
  if (!found) {
    const near = didYouMean(
      ref,
      vendors.map(({ name }) => name),
    );
    throw new UsageError(`There is no vendor "${ref}".${near} All there are: wedops crm vendors`);
  }
  return found.id;
}

async function preview(context: CommandContext): Promise<Outcome> {
  const { client } = await context.console();
  const organisationId = await context.organisation();
  const vendor = text(context.options, 'vendor');
  const crm = crmOf(context);
  const which = {
    organisationId,
    period: period(context, true) ?? '',
    ...(vendor === undefined ? {} : { vendorId: await idOf(client, organisationId, vendor) }),
    ...(crm === undefined ? {} : { crm }),
  };
  const prepared = await client.crm.prepare({ ...which, readAgain: true });
  const pushes = await client.crm.previews(which);
  const notes = [
    ...prepared.problems.map(({ vendorId, crm: at, reason }) => `${vendorId} in ${at} could not be read: ${reason}`),
    ...prepared.asked.map((id) => `${id} is not confirmed yet: wedops crm confirm ${id}`),
    ...prepared.unmapped.map((id) => `${id} uses no CRM here yet: wedops crm map ${id} --crm tave`),
  ];
  for (const line of notes) context.say(line);
  const single = pushes.length === 1 ? pushes[0] : undefined;
  return {
    value: pushes.map(summaryOf),
    text: [
      pushes.length === 0 ? `Nothing to push for ${which.period} yet.` : pushTable(pushes),
      ...(single === undefined
        ? []
        : [
            '',
            table(
              ['field', 'now', 'will be', 'why'],
              single.fields.map((field) => [
                `${field.name}${field.estimate ? ' (estimate)' : ''}`,
                field.now ?? '—',
                field.changed ? field.next : `${field.next}  =`,
                field.formula,
              ]),
            ),
          ]),
    ].join('\n'),
    exit: prepared.problems.length > 0 ? 1 : 0,
  };
}

function answered(answer: { done: string[]; refused: { id: string; reason: string }[] }, what: string): Outcome {
  return {
    value: answer,
    text: [
      `${counted(answer.done.length, 'push', 'pushes')} ${what}.`,
      ...answer.refused.map(({ id, reason }) => `${id}: ${reason}`),
      ...(answer.refused.length > 0 ? ['Where each push stands: wedops crm preview --period P'] : []),
    ].join('\n'),
    exit: answer.refused.length > 0 ? 1 : 0,
  };
}

async function send(context: CommandContext): Promise<Outcome> {
  const { client } = await context.console();
  const organisationId = await context.organisation();
  const wanted = period(context, false);
  const timeoutMs = (wholeNumber(context.options, 'timeout', 1, 86_400) ?? 600) * 1_000;
  const answer = await client.crm.send({ organisationId, ...(wanted === undefined ? {} : { period: wanted }) });
  let pushes: PushView[] = [];
  const until = performance.now() + timeoutMs;
  for (;;) {
    pushes = await Promise.all(answer.done.map((id) => client.crm.push({ organisationId, id })));
    const moving = pushes.filter(({ state, problem }) => state === 'sending' && problem === null).length;
    context.progress.show('Sending', pushes.length - moving, pushes.length);
    if (moving === 0 || context.options['no-wait'] === true || performance.now() > until) break;
    await wait(200);
  }
  const good = pushes.filter(({ state }) => state === 'verified' || state === 'sent').length;
  return {
    value: { sent: answer.done.length, delivered: good, refused: answer.refused, pushes: pushes.map(summaryOf) },
    text: [
      `${counted(answer.done.length, 'push', 'pushes')} sent, ${good} in the CRM.`,
      ...(pushes.length === 0 ? [] : [pushTable(pushes)]),
      ...pushes.filter(({ problem }) => problem !== null).map(({ id, problem }) => `${id}: ${problem}`),
      ...answer.refused.map(({ id, reason }) => `${id}: ${reason}`),
    ].join('\n'),
    exit: good < answer.done.length || answer.refused.length > 0 ? 1 : 0,
  };
}

async function vendors(context: CommandContext): Promise<Outcome> {
  const { client } = await context.console();
  const all = await client.crm.vendors({ organisationId: await context.organisation() });
  return {
    value: all,
    text: table(
      ['vendor', 'name', 'e-mail', 'state', 'CRMs'],
      all.map((one) => [
        one.id,
        one.name,
        one.email,
        one.sameAs === null ? one.state : `same as ${one.sameAs}`,
        one.mappings.map(({ crm, automatic }) => (automatic ? `${crm} (automatic)` : crm)).join(', '),
      ]),
    ),
  };
}

export const command: Command = {
  known: async () => ({ list: 'crm preview --period P' }),
  about: "what vendors' CRMs are told: looked at first, approved, then sent",
  usage: [
    'crm preview --period P [--vendor ID] [--crm tave|honeybook|lightblue]',
    'crm approve ID… | --all --period P',
    'crm send [--period P] [--no-wait] [--timeout S]',
    'crm hold ID… --reason R',
    'crm choose ID FIELD=ours|theirs…',
    'crm put-back ID --reason R',
    'crm vendors',
    'crm confirm VENDOR… [--same-as VENDOR] [--ignore]',
    'crm map VENDOR --crm CRM [--key-stdin] [--target NAME=VALUE]',
    'crm watch VENDOR --crm CRM [--off]',
    'crm sign-in VENDOR --crm lightblue',
    'crm automatic VENDOR --crm CRM [--off] [--ceiling PERCENT] --reason R',
    'crm report VENDOR --period P --out FILE',
    'crm new-client VENDOR',
    ...usageWords,
  ],
  examples: [
    'crm preview --period 2026-10',
    'crm approve --all --period 2026-10',
    'crm send',
    'crm report "Rose Photography" --period 2026-10 --out rose.pdf',
  ],
  options: {
    period: { type: 'string' },
    vendor: { type: 'string' },
    crm: { type: 'string' },
    all: { type: 'boolean' },
    reason: { type: 'string' },
    timeout: { type: 'string' },
    'no-wait': { type: 'boolean' },
    'same-as': { type: 'string' },
    ignore: { type: 'boolean' },
    'key-stdin': { type: 'boolean' },
    target: { type: 'string' },
    off: { type: 'boolean' },
    ceiling: { type: 'string' },
    out: { type: 'string' },
    again: { type: 'boolean' },
  },
  async run(context) {
    const { words, options } = context;
    const [verb, ...ids] = words;
    if (verb === 'preview') return preview(context);
    if (verb === 'send') return send(context);
    if (verb === 'vendors') return vendors(context);
    if (verb === 'usage') return usage(context);
    const { client } = await context.console();
    const organisationId = await context.organisation();
    const reason = () => {
      const given = text(options, 'reason');
      if (given === undefined) throw new UsageError('--reason R is missing');
      return given;
    };
    const crmNeeded = () => {
      const crm = crmOf(context);
      if (crm === undefined) throw new UsageError('--crm CRM is missing');
      return crm;
    };
    switch (verb) {
      case 'approve': {
        const wanted = period(context, options.all === true);
        const all =
          options.all === true && wanted !== undefined
            ? (await client.crm.list({ organisationId, period: wanted, states: ['to_approve'] })).rows
                .filter(({ changes }) => changes > 0)
                .map(({ id }) => id)
            : ids;
        if (all.length === 0 && options.all === true) return answered({ done: [], refused: [] }, 'approved');
        if (all.length === 0) throw new UsageError('ID is missing');
        return answered(await client.crm.approve({ organisationId, ids: all }), 'approved');
      }
      case 'hold':
        word(words, 1, 'ID');
        return answered(await client.crm.hold({ organisationId, ids, reason: reason() }), 'held');
      case 'choose': {
        const id = word(words, 1, 'ID');
        const take = Object.fromEntries(
          ids.slice(1).map((pair) => {
            const [key = '', side] = pair.split('=');
            if (side !== 'ours' && side !== 'theirs') throw new UsageError('Say FIELD=ours or FIELD=theirs');
            return [key, side] as const;
          }),
        );
        const push = await client.crm.choose({ organisationId, id, take });
        return { value: summaryOf(push), text: pushTable([push]) };
      }
      case 'put-back': {
        const push = await client.crm.putBack({ organisationId, id: word(words, 1, 'ID'), reason: reason() });
        return { value: summaryOf(push), text: `${pushTable([push])}\nIt waits for approval.` };
      }
      case 'confirm': {
        word(words, 1, 'VENDOR');
        const other = text(options, 'same-as');
        const { changed } = await client.crm.confirmVendor({
          organisationId,
          vendorIds: ids,
          as: other !== undefined ? 'same' : options.ignore === true ? 'ignored' : 'new',
          ...(other === undefined ? {} : { sameAs: await idOf(client, organisationId, other) }),
        });
        return { value: { changed }, text: `${counted(changed, 'vendor')} confirmed.` };
      }
      case 'map': {
        const target = text(options, 'target');
        const [name = '', ...value] = (target ?? '').split('=');
        const vendor = await client.crm.map({
          organisationId,
          vendorId: await idOf(client, organisationId, word(words, 1, 'VENDOR')),
          crm: crmNeeded(),
          target: target === undefined ? {} : { [name]: value.join('=') },
          ...(options['key-stdin'] === true ? { key: await context.stdin() } : {}),
        });
        return { value: vendor, text: `${vendor.name}: ${vendor.mappings.map(({ crm }) => crm).join(', ')}` };
      }
      case 'sign-in': {
        const vendorId = await idOf(client, organisationId, word(words, 1, 'VENDOR'));
        context.say('A window opens: sign in there within ten minutes.');
        const vendor = await client.crm.signIn({ organisationId, vendorId, crm: crmNeeded() });
        return { value: vendor, text: `${vendor.name} is signed in; the sign-in is kept in the keychain.` };
      }
      case 'watch': {
        const on = options.off !== true;
        const vendorId = await idOf(client, organisationId, word(words, 1, 'VENDOR'));
        const vendor = await client.crm.watchClients({ organisationId, vendorId, crm: crmNeeded(), on });
        return { value: vendor, text: `${vendor.name} is ${on ? '' : 'no longer '}watched for new clients.` };
      }
      case 'automatic': {
        const vendor = await client.crm.automatic({
          organisationId,
          vendorId: await idOf(client, organisationId, word(words, 1, 'VENDOR')),
          crm: crmNeeded(),
          on: options.off !== true,
          ceilingPercent: wholeNumber(options, 'ceiling', 1, 1_000) ?? 50,
          why: text(options, 'reason') ?? '',
        });
        return {
          value: vendor,
          text: `${vendor.name} is ${options.off === true ? 'no longer automatic' : 'automatic'}.`,
        };
      }
      case 'report': {
        const out = text(options, 'out');
        if (out === undefined) throw new UsageError('--out FILE is missing');
        const open = await context.console();
        const vendorId = await idOf(client, organisationId, word(words, 1, 'VENDOR'));
        const { name, bytes, download } = await client.crm.report({
          organisationId,
          vendorId,
          period: period(context, true) ?? '',
        });
        await writeGiven(out, await open.download(download));
        return { value: { name, bytes, out }, text: `Written to ${out} (${bytes} bytes).` };
      }
      case 'new-client': {
        const result = await client.crm.newClient({ organisationId, vendor: word(words, 1, 'VENDOR') });
        return {
          value: result,
          text: `${counted(result.pushes.length, 'push', 'pushes')} made for ${result.vendorId}.`,
        };
      }
      default:
        throw new UsageError(`crm does not know "${verb ?? ''}"`);
    }
  },
};
