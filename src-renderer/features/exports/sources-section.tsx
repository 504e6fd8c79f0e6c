import { Button, Modal, PasswordInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SourceView } from '../../../src-shared/contract/sources.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant, Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { followImport } from './import-flow.tsx';
import { words } from './strings.ts';

/** Costs that come over the wire: the vendors' own cost APIs, and HMRC's rates for what is not in pounds. */
export function SourcesSection({ organisationId, why }: { organisationId: string; why: string | null }) {
  const list = useQuery(api.sources.list.queryOptions({ input: { organisationId } }));
  const [connecting, setConnecting] = useState<SourceView | null>(null);
  const now = useEngineNow(60_000);
  const months = lastMonths(now);
  const [month, setMonth] = useState<string | null>(null);
  const wanted = month ?? months[1] ?? '';
  const fetchOf = (name: string, work: () => Promise<{ importId: string }>) =>
    void attempt(work).then((started) => started && followImport(started.importId, `${name}, ${formatPeriod(wanted)}`));
  if (list.error && !list.data)
    return <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  if (!list.data) return <Skeletons rows={3} label="Reading the cost sources." />;
  return (
    <Section
      title="Fetched costs and rates"
      aside={
        <span className={css.actions}>
          <Select
            aria-label="Month to fetch"
            w={160}
            data={months.map((value) => ({ value, label: formatPeriod(value) }))}
            value={wanted}
            onChange={setMonth}
          />
          <RoleButton
            why={why}
            variant="default"
            onClick={() => fetchOf('HMRC rates', () => client.sources.fetchRates({ organisationId, month: wanted }))}
          >
            Fetch HMRC rates
          </RoleButton>
        </span>
      }
    >
      <PlainTable
        label="Cost sources"
        head={[{ text: 'Source' }, { text: 'State' }, { text: 'Fetched' }, { text: 'Actions' }]}
      >
        {list.data.map((source) => (
          <tr key={source.source}>
            <th scope="row">{source.name}</th>
            <td>
              <Status shape={source.connected ? 'disc' : 'plug'} tone={source.connected ? 'ok' : 'muted'}>
                {source.connected ? 'Connected' : 'Not connected'}
              </Status>
            </td>
            <td>
              {source.months.length === 0
                ? 'Nothing yet'
                : source.months.slice(0, 3).map((one) => (
                    <div key={one.month}>
                      <a className={css.inText} href={`#/exports/imports/${one.importId}`}>
                        {formatPeriod(one.month)}
                      </a>
                      : <Money amount={one.net} currency={one.currency} /> in {words.lines(one.lines)}, {one.state}.
                      Fetched <Instant at={one.fetchedAt} />
                      {one.againAt !== null && (
                        <>
                          , again by itself <Instant at={one.againAt} />
                        </>
                      )}
                      .{one.problem !== null && <p className={css.muted}>Not fetched again: {one.problem}</p>}
                    </div>
                  ))}
            </td>
            <td>
              <span className={css.actions}>
                {source.connected && (
                  <RoleButton
                    why={why}
                    variant="default"
                    size="compact-xs"
                    aria-label={`Fetch ${formatPeriod(wanted)} from ${source.name}`}
                    onClick={() =>
                      fetchOf(source.name, () =>
                        client.sources.fetch({ organisationId, source: source.source, month: wanted }),
                      )
                    }
                  >
                    Fetch {formatPeriod(wanted)}
                  </RoleButton>
                )}
                <RoleButton
                  why={why}
                  variant={source.connected ? 'subtle' : 'default'}
                  size="compact-xs"
                  aria-label={`${source.connected ? 'Disconnect' : 'Connect'} ${source.name}`}
                  onClick={() =>
                    source.connected
                      ? void attempt(() => client.sources.disconnect({ organisationId, source: source.source })).then(
                          () => list.refetch(),
                        )
                      : setConnecting(source)
                  }
                >
                  {source.connected ? 'Disconnect' : 'Connect…'}
                </RoleButton>
              </span>
            </td>
          </tr>
        ))}
      </PlainTable>
      {connecting && (
        <ConnectDialog
          organisationId={organisationId}
          source={connecting}
          onClose={() => {
            setConnecting(null);
            void list.refetch();
          }}
        />
      )}
    </Section>
  );
}

function ConnectDialog({
  organisationId,
  source,
  onClose,
}: {
  organisationId: string;
  source: SourceView;
  onClose: () => void;
}) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const connect = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await client.sources.connect({ organisationId, source: source.source, key: key.trim() });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Connect ${source.name}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void connect();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <PasswordInput
          size="xs"
          label="Admin key"
          description={source.keyHelp}
          autoComplete="off"
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <p className={css.muted}>
          It is tried with one small question, then kept in this computer's keychain and nowhere else.
        </p>
        <Button type="submit" loading={busy} disabled={key.trim().length < 8}>
          Try and keep the key
        </Button>
      </form>
    </Modal>
  );
}

/** This month and the twelve before, newest first. */
function lastMonths(now: number): string[] {
  const today = new Date(now);
  return Array.from({ length: 13 }, (_, back) =>
    new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
  );
}
