import { Button, CloseButton, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId, useSession } from '../../state/session.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Facts, Instant, Key, useZone } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import css from './audit.module.css';
import { placeOf } from './object.ts';
import { answerOf, reasonOf, words } from './strings.ts';

type Entry = ContractOutputs['audit']['list']['rows'][number];

const columns: readonly GridColumn<Entry>[] = [
  { id: 'sequence', title: 'No.', track: '76px', right: true, cell: (row) => `#${formatCount(row.sequence)}` },
  { id: 'at', title: 'When', track: '160px', cell: (row) => <Instant at={row.at} /> },
  { id: 'actor', title: 'Who', track: 'minmax(90px, 0.8fr)', cell: (row) => row.actor },
  { id: 'action', title: 'What', track: 'minmax(150px, 1.1fr)', cell: (row) => row.action },
  { id: 'object', title: 'Object', track: 'minmax(120px, 1.2fr)', cell: (row) => row.object },
  { id: 'channel', title: 'Through', track: '84px', from: 700, cell: (row) => row.channel },
  { id: 'reason', title: 'Reason', track: 'minmax(80px, 1.2fr)', from: 700, cell: reasonOf },
];
const AHEAD = 50;

/** A day as the address holds it; null: none, or no day. */
const dayIn = (text: string | null) => IsoDate.safeParse(text).data ?? null;

/** Who did what, and has the record been altered? */
export default function AuditScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const zone = useZone();
  const filter = { actor: address.get('actor'), action: address.get('action'), object: address.get('object') };
  const days = { from: dayIn(address.get('from')), to: dayIn(address.get('to')) };
  const given = {
    ...Object.fromEntries(Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== null)),
    ...(days.from ? { from: isoOf(startOfDay(days.from, zone)) } : {}),
    ...(days.to ? { to: isoOf(startOfDay(addDays(days.to, 1), zone)) } : {}),
  };
  const [cursor, setCursor] = useState(0);
  const openId = address.get('entry');
  const setOpenId = (entry: string | null) => address.patch({ entry }, { replace: true });
  const [asked, setAsked] = useState(false);
  const doTask = useSession((session) => session.doTask);
  const verdict = useQuery(api.audit.verify.queryOptions({ input: {}, staleTime: 300_000 }));
  const list = useInfiniteQuery(
    api.audit.list.infiniteOptions({
      input: (after: string | null) => ({ organisationId, ...given, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
      // What was just done is there whenever somebody comes to look.
      staleTime: 0,
    }),
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.rows) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  const { isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  // One that failed is asked for again when a person says so, not with every row that scrolls by.
  const hasNextPage = list.hasNextPage && !isFetchNextPageError;
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (hasNextPage && !isFetchingNextPage && last + AHEAD > rows.length) void fetchNextPage();
    },
    [rows.length, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  const opened = rows.find(({ sequence }) => String(sequence) === openId);

  const verify = () => {
    setAsked(true);
    void verdict.refetch().then(({ data }) => data && doTask('audit'));
  };
  const extract = () =>
    attempt(async () => {
      const { fileName, text } = await client.audit.extract({ organisationId });
      return saveAs(fileName, { text });
    });
  useCommands([
    { id: 'audit-verify', title: 'Verify the record now', group: 'Audit', keys: ['v'], run: verify },
    {
      id: 'audit-extract',
      call: 'audit.extract',
      title: 'Export a signed extract',
      group: 'Audit',
      words: 'download json proof',
      run: () => void extract(),
    },
    {
      id: 'audit-next',
      title: 'Next entry',
      group: 'Audit',
      keys: ['j'],
      run: () => setCursor(Math.min(total - 1, cursor + 1)),
    },
    {
      id: 'audit-previous',
      title: 'Previous entry',
      group: 'Audit',
      keys: ['k'],
      run: () => setCursor(Math.max(0, cursor - 1)),
    },
    {
      id: 'audit-open',
      title: 'Open the entry',
      group: 'Audit',
      keys: ['enter'],
      run: () => rows[cursor] && setOpenId(String(rows[cursor].sequence)),
    },
    { id: 'audit-close', title: 'Close the entry', group: 'Audit', keys: ['escape'], run: () => setOpenId(null) },
  ]);

  return (
    <div className={css.page}>
      <AnswerLine
        of={verdict}
        {...(verdict.data
          ? { shape: verdict.data.ok ? 'disc' : 'octagon', tone: verdict.data.ok ? 'ok' : 'emergency' }
          : { shape: 'dashed', tone: 'muted' })}
        action={
          <>
            <ActButton call="audit.extract" variant="default" onClick={() => void extract()}>
              {words.extract}
            </ActButton>
            <Button onClick={verify} loading={asked && verdict.isFetching} rightSection={<Key>V</Key>}>
              {words.verify}
            </Button>
          </>
        }
      >
        {answerOf(verdict.data)}
        {verdict.data && (
          <span className={css.checked}>
            {' '}
            Checked <Instant at={verdict.data.checkedAt} />.
          </span>
        )}
      </AnswerLine>
      {verdict.error && !verdict.data && (
        <div className={css.pad}>
          <ProblemNote problem={problemOf(verdict.error)} onRetry={() => void verdict.refetch()} />
        </div>
      )}
      {verdict.data && !verdict.data.ok && (
        <div className={css.pad}>
          <ProblemNote problem={{ happened: verdict.data.detail, ...words.broken }} />
        </div>
      )}
      <search className={css.filters}>
        {(['actor', 'action', 'object'] as const).map((name) => (
          <TextInput
            key={`${name} ${filter[name]}`}
            aria-label={words.filter[name]}
            placeholder={words.filter[name]}
            defaultValue={filter[name] ?? ''}
            onKeyDown={(event) => {
              if (event.key === 'Enter') address.patch({ [name]: event.currentTarget.value.trim() });
            }}
            onBlur={(event) => address.patch({ [name]: event.currentTarget.value.trim() })}
          />
        ))}
        {(['from', 'to'] as const).map((name) => (
          <DateInput
            key={name}
            aria-label={words.days[name]}
            placeholder={words.days[name]}
            valueFormat="DD MMM YYYY"
            clearable
            w={150}
            value={days[name]}
            onChange={(day) => address.patch({ [name]: day, entry: null })}
          />
        ))}
        {list.data && <span className={css.total}>{words.entries(total)}</span>}
      </search>
      <div className={css.work}>
        {list.error && !list.data ? (
          <div className={css.pad}>
            <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />
          </div>
        ) : list.isPending ? (
          <Skeletons rows={12} label={words.reading} />
        ) : total === 0 ? (
          <Empty
            title={Object.keys(given).length > 0 ? words.filteredEmpty : words.empty}
            action={
              Object.keys(given).length > 0 && (
                <Button
                  variant="default"
                  onClick={() => address.patch({ actor: null, action: null, object: null, from: null, to: null })}
                >
                  Clear filter
                </Button>
              )
            }
          />
        ) : (
          <DataGrid
            label="Audit entries"
            columns={columns}
            total={total}
            rowAt={(index) => rows[index]}
            idOf={(row) => String(row.sequence)}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={(row) => setOpenId(String(row.sequence))}
            openId={openId}
            onRange={onRange}
          />
        )}
        {opened && <EntryDetail entry={opened} onClose={() => setOpenId(null)} />}
      </div>
    </div>
  );
}

function EntryDetail({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const place = placeOf(entry);
  return (
    <aside className={css.detail} aria-label={`Entry ${entry.sequence}`}>
      <div className={css.detailHead}>
        <h2>
          #{formatCount(entry.sequence)} {entry.action}
        </h2>
        <CloseButton aria-label="Close" onClick={onClose} />
      </div>
      <Facts
        rows={[
          ['When', <Instant key="at" at={entry.at} />],
          ['Who', entry.actor],
          ['Through', entry.channel],
          [
            'Object',
            place === null ? (
              entry.object
            ) : (
              <a key="object" href={`#${place}`}>
                {entry.object}
              </a>
            ),
          ],
          ['Reason', reasonOf(entry)],
          ['Hash', <code key="hash">{entry.hash}</code>],
        ]}
      />
      {entry.before !== null && <Value title="Before" value={entry.before} />}
      {entry.after !== null && <Value title="After" value={entry.after} />}
    </aside>
  );
}

function Value({ title, value }: { title: string; value: Entry['before'] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44) */}
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
