import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CostInsight } from '../../../src-shared/contract/insight.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCounted, formatPercent } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { openImport } from '../exports/import-flow.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { Bridge, ByFeature, ByMonth, BySeason, ByTreatment, PerWedding, Ranking } from './figures.tsx';
import css from './insight.module.css';
import { periodChoices } from './periods.ts';

/** What do our costs come to, for whom, and are they more than a year ago? */
export function InsightScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const [busy, setBusy] = useState(false);
  const summary = useQuery(api.exports.summary.queryOptions({ input: { organisationId } }));
  const periods = summary.data?.periods ?? [];
  const period = address.get('period') ?? periods[0]?.slice(0, 4) ?? '';
  const costs = useQuery(api.insight.costs.queryOptions({ input: { organisationId, period }, enabled: period !== '' }));
  const data = costs.data;
  // They wait for the periods: where those cannot be read, neither can they.
  const failed = summary.data ? costs : summary;
  const pdf = async () => {
    setBusy(true);
    await attempt(async () => {
      const { name, download } = await client.insight.sheet({ organisationId, period });
      return saveAs(name, { handle: download });
    });
    setBusy(false);
  };
  useCommands([
    {
      id: 'insight-pdf',
      title: 'Costs and VAT of this period as PDF',
      group: 'Insight',
      keys: ['mod+p'],
      words: 'print save',
      unavailable: data ? null : 'The figures are not there yet.',
      run: () => void pdf(),
    },
    {
      id: 'insight-print',
      title: 'Print these charts and tables',
      group: 'Insight',
      unavailable: data ? null : 'The figures are not there yet.',
      run: () => window.print(),
    },
  ]);
  const none = summary.data !== undefined && periods.length === 0;
  return (
    <div className={css.page}>
      <AnswerLine
        of={none ? undefined : { data, error: failed.error }}
        shape={data ? 'disc' : 'dashed'}
        tone={data ? 'ok' : 'muted'}
        action={
          !none && (
            <>
              <Select
                aria-label="Period"
                w={150}
                data={periodChoices(periods)}
                value={period}
                onChange={(value) => address.patch({ period: value })}
              />
              <Button variant="default" disabled={!data} onClick={() => window.print()}>
                Print
              </Button>
              <Button variant="default" disabled={!data} loading={busy} onClick={() => void pdf()}>
                Save as PDF
              </Button>
            </>
          )
        }
      >
        {none ? 'No cost lines yet: nothing to look back on.' : data ? answerOf(data) : 'Adding up the costs.'}
      </AnswerLine>
      <div className={css.scroll}>
        {failed.error && !data && (
          <ProblemNote problem={problemOf(failed.error)} onRetry={() => void failed.refetch()} />
        )}
        {none && (
          <Empty
            title="Nothing to look back on yet."
            action={
              <ActButton call="imports.start" onClick={openImport}>
                Import a file…
              </ActButton>
            }
          >
            Costs per wedding, vendor, feature and season appear with the first cost file.
          </Empty>
        )}
        {!data && !failed.error && !none && <Skeletons rows={10} label="Adding up the costs." />}
        {data && (
          <div className={css.figures}>
            <ByMonth data={data} />
            <PerWedding data={data} />
            <Bridge data={data} />
            <ByTreatment data={data} />
            <Ranking title="Suppliers" rows={data.bySupplier} whole={data.net} empty="No supplier in this period." />
            <Ranking title="Categories" rows={data.byCategory} whole={data.net} empty="No category in this period." />
            <BySeason data={data} />
            <ByFeature data={data} />
            <Ranking
              title="Shared among vendors and weddings"
              rows={data.byVendor}
              whole={data.net}
              empty="No line was shared out in this period. Open a line and press L."
            />
          </div>
        )}
      </div>
    </div>
  );
}

/** Share by which an amount is above another; for reading only. */
function change(now: string, before: string): string | null {
  const [a, b] = [Number(now), Number(before)];
  if (b === 0) return null;
  const share = (a - b) / Math.abs(b);
  return `${formatPercent(Math.abs(share))} ${share >= 0 ? 'more' : 'less'} than a year before`;
}

function answerOf(data: CostInsight): string {
  const compared = data.yearBefore === null ? 'nothing is known of the year before' : change(data.net, data.yearBefore);
  const each =
    data.perWedding === null
      ? 'no confirmed wedding to divide it by'
      : `${formatGbp(data.perWedding)} for each of ${formatCounted(data.weddings, 'wedding', 'weddings')}`;
  return `${formatPeriod(data.period)}: ${formatGbp(data.net)} net, ${[each, compared].filter(Boolean).join('; ')}.`;
}
