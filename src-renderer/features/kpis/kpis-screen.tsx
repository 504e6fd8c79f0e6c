import { Button, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import { HandInDialog } from './hand-in-dialog.tsx';
import { HeatTable } from './heat.tsx';
import css from './kpis.module.css';
import { answerOf, seasons, words } from './strings.ts';
import { Parity, Seasons, SyncStates } from './tables.tsx';
import { Tile } from './tile.tsx';

/** Is AI paying for itself this season, and can the numbers be trusted? */
export default function KpisScreen() {
  const organisationId = useOrganisationId();
  const [period, setPeriod] = useState<string | undefined>(undefined);
  const [entering, setEntering] = useState(false);
  const [busy, setBusy] = useState<'push' | 'print' | null>(null);
  const read = useQuery({
    ...api.kpis.view.queryOptions({ input: { organisationId, ...(period === undefined ? {} : { period }) } }),
    placeholderData: keepPreviousData,
  });
  const view = read.data;

  const during = (what: 'push' | 'print', work: () => Promise<unknown>) => {
    setBusy(what);
    void attempt(work).finally(() => setBusy(null));
  };
  const push = () =>
    during('push', async () => {
      const all = await Promise.all([client.kpis.push({ organisationId }), client.kpis.syncBi({ organisationId })]);
      // What nobody has connected is not behind.
      const results = all.flat().filter(({ error }) => error !== 'Not connected');
      const failed = results.filter(({ ok }) => !ok);
      notifications.show({
        message:
          failed.length === 0
            ? `Told ${formatCounted(results.length, 'system', 'systems')}.`
            : failed.map(({ system, error }) => `${system}: ${error}`).join(' · '),
        closeButtonProps: { 'aria-label': 'Close' },
      });
      await read.refetch();
    });
  const print = () =>
    during('print', async () => {
      if (!view) return;
      const { name, download } = await client.kpis.sheet({ organisationId, period: view.period });
      await saveAs(name, { handle: download });
    });
  useCommands([
    {
      id: 'kpis-push',
      call: 'kpis.push',
      title: 'Sync KPIs now',
      group: 'KPIs',
      keys: ['b'],
      words: 'metrics push',
      run: push,
    },
    { id: 'kpis-print', title: 'KPI page as PDF', group: 'KPIs', keys: ['mod+p'], words: 'print', run: print },
    {
      id: 'kpis-enter',
      call: 'kpis.handIn',
      title: 'Enter a KPI figure',
      group: 'KPIs',
      keys: ['e'],
      words: 'satisfaction survey capacity latency',
      run: () => setEntering(true),
    },
  ]);

  if (!view) {
    return (
      <div className={css.page}>
        {read.error && <AnswerLine of={read} shape="dashed" tone="muted" />}
        {read.error ? (
          <div className={css.scroll}>
            <ProblemNote problem={problemOf(read.error)} onRetry={() => void read.refetch()} />
          </div>
        ) : (
          <Skeletons rows={8} label={words.reading} />
        )}
      </div>
    );
  }
  const answer = answerOf(view);
  return (
    <div className={css.page}>
      <AnswerLine
        shape={view.empty ? 'dash' : answer.good ? 'disc' : 'diamond'}
        tone={view.empty ? 'muted' : answer.good ? 'ok' : 'warning'}
        action={
          <>
            <ActButton call="kpis.handIn" variant="default" onClick={() => setEntering(true)}>
              {words.enter}
            </ActButton>
            <Button variant="default" loading={busy === 'print'} onClick={print}>
              {words.print}
            </Button>
            <ActButton call="kpis.push" loading={busy === 'push'} onClick={push}>
              {words.push}
            </ActButton>
          </>
        }
      >
        {view.empty ? words.empty : answer.text}
      </AnswerLine>
      <ReadOnly call="kpis.push" />
      {entering && (
        <HandInDialog
          organisationId={organisationId}
          month={view.period}
          onClose={(entered) => {
            setEntering(false);
            if (entered) notifications.show({ message: words.entered, closeButtonProps: { 'aria-label': 'Close' } });
          }}
        />
      )}
      <div className={css.scroll}>
        {view.empty && (
          <Empty
            title={words.empty}
            action={
              <ActButton call="imports.start" onClick={() => go('/exports?import=1')}>
                Import a file
              </ActButton>
            }
          >
            {words.emptyMeans}
          </Empty>
        )}
        {!view.empty && (
          <>
            <div className={css.choices}>
              <NativeSelect
                label="Month"
                value={view.period}
                onChange={(event) => setPeriod(event.currentTarget.value)}
                data={[...new Set([view.period, ...view.periods])].map((value) => ({
                  value,
                  label: formatPeriod(value),
                }))}
              />
              <p className={css.note}>
                {seasons[view.season]} season, compared with {formatPeriod(view.comparedWith)}
              </p>
            </div>
            <div className={css.tiles}>
              {view.tiles.map((tile) => (
                <Tile key={tile.id} tile={tile} comparedWith={view.comparedWith} />
              ))}
            </div>
            <HeatTable heat={view.heat} />
            <Seasons rows={view.seasons} />
          </>
        )}
        <Parity parity={view.parity} />
        <SyncStates view={view} />
      </div>
    </div>
  );
}
