import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { formatTime } from '../../src-shared/format/time.ts';
import { attempt } from '../data/act.tsx';
import { useChanges } from '../data/changes.ts';
import type { ContractOutputs } from '../data/client.ts';
import { api, queryClient } from '../data/client.ts';
import { AlarmStrip } from '../features/alerts/alarm-strip.tsx';
import { RaiseAlert } from '../features/alerts/raise-dialog.tsx';
import { ImportFlow } from '../features/exports/import-flow.tsx';
import { OperatorSwitch } from '../features/people/operator.tsx';
import { ScheduleNews } from '../features/schedules/schedule-news.tsx';
import { go, useAddress } from '../state/address.ts';
import { useCommandKeys, useCommands } from '../state/commands.ts';
import { ofWindow } from '../state/keys.ts';
import { goToRegion } from '../state/regions.ts';
import { useUndo } from '../state/undo.ts';
import { copyText } from '../ui/copy.ts';
import { HelpDrawer } from '../ui/help.tsx';
import { Skeletons } from '../ui/screen.tsx';
import { Shape } from '../ui/status.tsx';
import { saveTable } from '../ui/table-file.ts';
import { useZone } from '../ui/text.tsx';
import { Bands, KeychainBand, SeatBand, UnreadBand } from './bands.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Header } from './header.tsx';
import { KeyList } from './key-list.tsx';
import { Navigation } from './navigation.tsx';
import { NoticeList } from './notice-list.tsx';
import { OtherOrganisations } from './organisations.tsx';
import { Palette } from './palette.tsx';
import { screens } from './screens.tsx';
import css from './shell.module.css';
import { StatusBar } from './status-bar.tsx';
import { words } from './strings.ts';
import { UndoBar } from './undo-bar.tsx';

type Status = ContractOutputs['app']['status'];

/** The frame around every screen: practice band, header, navigation, the screen itself, status bar. */
export function Shell({ status, organisation }: { status: Status; organisation: Status['organisations'][number] }) {
  const lostAt = useChanges();
  const zone = useZone();
  const { path } = useAddress();
  const counts = useQuery(
    api.app.counts.queryOptions({ input: { organisationId: organisation.id }, refetchInterval: 15_000 }),
  );
  const seat = useQuery(api.settings.seat.queryOptions({ input: { organisationId: organisation.id } }));
  const practice = status.practice || organisation.practice;
  const screen = screens.find((candidate) => path.startsWith(candidate.path));
  useCommandKeys();
  useShellCommands();
  useEffect(() => window.wedsync?.onNavigate((address) => go(address)), []);
  useEffect(() => {
    document.title = [screen?.word, practice ? 'PRACTICE' : null, words.product].filter(Boolean).join(' – ');
  }, [screen, practice]);

  return (
    <div className={css.frame}>
      <header className={css.top}>
        <button type="button" className={css.skip} onClick={() => document.getElementById('screen')?.focus()}>
          {words.skip}
        </button>
        {practice && <p className={css.practice}>{words.practice}</p>}
        <Header status={status} organisation={organisation} />
      </header>
      {lostAt ? (
        <p className={css.lost} role="alert">
          <Shape name="dashed" tone="critical" />
          <strong>{words.lost(formatTime(lostAt.toISOString(), zone))}</strong> {words.lostMeans}
        </p>
      ) : (
        <UnreadBand />
      )}
      <SeatBand seat={seat.data} />
      <Bands organisationId={organisation.id} safeMode={status.safeMode} />
      {status.keychain !== 'ready' && !practice && <KeychainBand organisationId={organisation.id} />}
      <AlarmStrip organisationId={organisation.id} />
      <OtherOrganisations all={status.organisations} here={organisation} />
      <p className="visually-hidden" role="status">
        {words.switched(organisation.name)}
      </p>
      <div className={css.middle}>
        <Navigation counts={counts.data} practice={practice} />
        <main id="screen" className={css.screen} tabIndex={-1} aria-label={screen?.word ?? words.product}>
          <ErrorBoundary key={`${organisation.id} ${screen?.path}`}>
            <Suspense fallback={<Skeletons rows={8} label={words.loading} />}>
              <Switch>
                {screens.map(({ path: base, view: View }) => (
                  <Route key={base} path={`${base}/*?`}>
                    <View />
                  </Route>
                ))}
                <Route>
                  <Redirect to={screens[0]?.path ?? '/'} replace />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <StatusBar status={status} counts={counts.data} seat={seat.data} />
      <UndoBar />
      <ImportFlow organisationName={organisation.name} />
      <RaiseAlert />
      <OperatorSwitch />
      <ScheduleNews organisationId={organisation.id} />
      <HelpDrawer />
      <Palette />
      <KeyList />
      <NoticeList />
    </div>
  );
}

function useShellCommands() {
  const { path } = useAddress();
  const past = useUndo((state) => state.past.length);
  const undone = useUndo((state) => state.undone.at(-1));
  useCommands([
    ...screens.map((screen) => ({
      id: `go ${screen.path}`,
      title: screen.word,
      group: 'Go to',
      keys: [`g ${screen.letter}`, `mod+${screen.number}`, ...(screen.letter === ',' ? ['mod+,'] : [])],
      run: () => go(screen.path),
    })),
    {
      id: 'undo',
      title: 'Undo the last change',
      group: 'Everywhere',
      keys: ['mod+z'],
      unavailable: past === 0 ? 'Nothing to undo here.' : null,
      run: () => void useUndo.getState().takeBack(),
    },
    {
      id: 'redo',
      title: undone?.redo ? `Do again: ${undone.text}` : 'Do again what was undone',
      group: 'Everywhere',
      keys: ['mod+shift+z'],
      words: 'redo repeat',
      unavailable: undone?.redo
        ? null
        : undone
          ? 'What it changed may be different by now: do it again where you did it.'
          : 'Nothing was undone here.',
      run: () => void useUndo.getState().again(),
    },
    {
      id: 'export-table',
      title: 'Save this table as a file (CSV)',
      group: 'Everywhere',
      keys: ['mod+shift+e'],
      words: 'export spreadsheet excel download',
      run: () => void attempt(async () => notifications.show({ message: await saveTable() })),
    },
    { id: 'back', title: 'Back', group: 'Everywhere', keys: ofWindow('alt+arrowleft'), run: () => history.back() },
    {
      id: 'forward',
      title: 'Forward',
      group: 'Everywhere',
      keys: ofWindow('alt+arrowright'),
      run: () => history.forward(),
    },
    {
      id: 'region-next',
      title: 'Next part of the window',
      group: 'Everywhere',
      keys: ['f6'],
      words: 'region panel focus',
      run: () => goToRegion(1),
    },
    {
      id: 'region-previous',
      title: 'Previous part of the window',
      group: 'Everywhere',
      keys: ['shift+f6'],
      words: 'region panel focus',
      run: () => goToRegion(-1),
    },
    {
      id: 'refresh',
      title: 'Read everything again',
      group: 'Everywhere',
      keys: ['r', ...ofWindow('mod+r', 'f5')],
      words: 'refresh reload',
      run: () => void queryClient.invalidateQueries(),
    },
    {
      id: 'copy-address',
      title: 'Copy the address of this view',
      group: 'Everywhere',
      keys: ['mod+shift+c'],
      run: () => {
        const search = window.location.hash.split('?')[1];
        const address = `wedsync-ops:/${path}${search ? `?${search}` : ''}`;
        void attempt(async () => {
          await copyText(address);
          notifications.show({ message: words.copied(address) });
        });
      },
    },
  ]);
}
