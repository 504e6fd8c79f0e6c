/** `yes`: has it; `no`: says it has not; `unknown`: nobody has looked it up, and it counts neither way. */
export type Has = 'yes' | 'no' | 'unknown';

export interface ParityRow {
  readonly feature: string;
  readonly ours: Exclude<Has, 'unknown'>;
  readonly others: Readonly<Record<string, { readonly has: Has; readonly source: string }>>;
}

/** Products the table compares with, and when somebody last looked. Change a cell only together with its source. */
export const parityProducts = ['HoneyBook', 'VSCO Workspace'] as const;
export const parityCheckedOn = '2026-11-22';

const notLookedUp = { has: 'unknown', source: 'not looked up' } as const;
const honeybook = (article: string) => ({ has: 'yes', source: `help.honeybook.com/en/articles/${article}` }) as const;

/** The maintained comparison (K1). */
export const parityTable: readonly ParityRow[] = [
  row(
    'AI recap before a project date',
    'no',
    honeybook('9914009-use-honeybook-ai-s-project-recaps-to-prepare-for-project-dates'),
  ),
  row('Online scheduling with the calendar', 'yes', honeybook('2641806-beginner-s-glossary')),
  row('Workflow automations', 'yes', honeybook('2641806-beginner-s-glossary')),
  row('AI gallery selection', 'yes'),
  row('AI chat for couples', 'yes'),
  row('AI planning assistant', 'yes'),
  row('Wedding-day monitoring with escalation', 'yes'),
  row('Value report into the vendor’s own CRM', 'yes'),
];

function row(feature: string, ours: 'yes' | 'no', honey: ParityRow['others'][string] = notLookedUp): ParityRow {
  return { feature, ours, others: { HoneyBook: honey, 'VSCO Workspace': notLookedUp } };
}

/** Counts for the KPI: features we have, among those we or a compared product have. */
export const parity = {
  ours: parityTable.filter((one) => one.ours === 'yes').length,
  market: parityTable.filter((one) => one.ours === 'yes' || Object.values(one.others).some(({ has }) => has === 'yes'))
    .length,
} as const;
