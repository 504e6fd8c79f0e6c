import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatCount, formatCounted } from '../../src-shared/format/number.ts';
import { formatTime } from '../../src-shared/format/time.ts';
import { api, type ContractOutputs } from '../data/client.ts';
import { readAgain, useForbidden, useSilence, useUnread } from '../data/unread.ts';
import { release } from '../features/alerts/actions.ts';
import { ActButton } from '../features/people/role-controls.tsx';
import { useAddress } from '../state/address.ts';
import { Shape } from '../ui/status.tsx';
import { Instant, useZone } from '../ui/text.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

/** Part of the page could not be read while the engine is there: what is old or missing does not look like all there is. */
export function UnreadBand() {
  const since = useUnread();
  const silent = useSilence();
  const forbidden = useForbidden();
  const zone = useZone();
  if (silent !== null)
    return (
      <p className={css.lost} role="alert">
        <Shape name="dashed" tone="critical" />
        <span>
          <strong>{words.slow(formatTime(new Date(silent).toISOString(), zone))}</strong> {words.slowMeans}
        </span>
      </p>
    );
  if (since === null) return null;
  return (
    <p className={css.lost} role="alert">
      <Shape name="dashed" tone="critical" />
      <span>
        <strong>Part of this page could not be read.</strong>{' '}
        {since === 0
          ? 'It is missing here.'
          : `What you see of it is from ${formatTime(new Date(since).toISOString(), zone)}; the rest may be missing.`}{' '}
        {forbidden}
      </span>
      <Button variant="default" size="compact-sm" onClick={readAgain}>
        Try again
      </Button>
    </p>
  );
}

/** Without its secrets no system can be reached: said on every screen of an organisation that has one. */
export function KeychainBand({ organisationId }: { organisationId: string }) {
  const keychain = useQuery(api.settings.keychain.queryOptions({ input: { organisationId }, refetchInterval: 15_000 }));
  const { state = 'ready', systems = [] } = keychain.data ?? {};
  if (state === 'ready' || systems.length === 0) return null;
  const { happened, means } = words.keychainBand[state];
  return (
    <p className={css.lost} role="alert">
      <Shape name="lock" tone="critical" />
      <span>
        <strong>{happened}</strong> {means(systems.length)}{' '}
        {state === 'changed' && <a href="#/settings/diagnostics">See which, and use this keychain</a>}
      </span>
    </p>
  );
}

/** Another computer sends, or sends as well (R52): on every screen, as long as it is so, with the way out. */
export function SeatBand({ seat }: { seat: ContractOutputs['settings']['seat'] | undefined }) {
  const { path } = useAddress();
  if (seat === undefined || (seat.here && seat.rival === null)) return null;
  const folder = seat.senderPlace === null ? '' : `, from the folder ${seat.senderPlace}`;
  return (
    <p className={css.lost} role="alert">
      <Shape name={seat.here ? 'triangle' : 'pause'} tone="critical" />
      <span>
        {seat.here ? (
          <>
            <strong>Two computers send for this organisation: this one and {seat.rival}.</strong> Nothing is posted to
            the ledgers until somebody decides which one it is; alerts may come twice.
          </>
        ) : (
          <>
            <strong>
              Nothing is sent from here: alerts for this organisation are sent by {seat.sender}
              {folder}.
            </strong>{' '}
            You can watch here; what happens here waits in the queue. If {seat.sender} no longer runs, nobody is told of
            anything.
          </>
        )}{' '}
        {path !== '/settings/sending' && (
          <a href="#/settings/sending">{seat.here ? 'Decide which one sends' : 'Take over sending'}</a>
        )}
      </span>
    </p>
  );
}

/** What stops sending, on every screen, with the way out. */
export function Bands({ organisationId, safeMode }: { organisationId: string; safeMode: boolean }) {
  const restored = useQuery(api.maintenance.restored.queryOptions({ input: { organisationId } }));
  const { held = 0, inDoubt = 0, alerts = { count: 0, backupAt: null } } = restored.data ?? {};
  const { path } = useAddress();
  return (
    <>
      {safeMode && (
        <p className={css.lost} role="status">
          <Shape name="pause" tone="critical" />
          <span>
            <strong>Safe mode: nothing is sent or received, and no schedule runs.</strong> Reading, exports of data,{' '}
            <a href="#/settings/diagnostics">diagnostics</a> and <a href="#/settings/backup">restore</a> work. Quit and
            start again to leave it.
          </span>
        </p>
      )}
      {held > 0 && (
        <p className={css.lost} role="status">
          <Shape name="pause" tone="warning" />
          <span>
            <strong>
              Restored from a backup: {formatCounted(held, 'delivery is', 'deliveries are')} held until you release{' '}
              {held === 1 ? 'it' : 'them'}.
            </strong>{' '}
            They may have been sent since the backup was made.{' '}
            {inDoubt > 0 && (
              <>
                <a href="#/deliveries?tab=in_doubt">
                  Check {formatCounted(inDoubt, 'that is', 'that are')} never sent twice
                </a>
                {held > inDoubt && ', then '}
              </>
            )}
            {held > inDoubt && (
              <a href="#/deliveries?tab=held">
                {inDoubt > 0 ? 'look at the others and release them' : 'Look at them and release them'}
              </a>
            )}
            .
          </span>
        </p>
      )}
      {alerts.count > 0 && alerts.backupAt !== null && (
        <p className={css.lost} role="status">
          <Shape name="pause" tone="warning" />
          <span>
            <strong>
              {formatCounted(alerts.count, 'open alert is', 'open alerts are')} from the backup of{' '}
              <Instant at={alerts.backupAt} />.
            </strong>{' '}
            {alerts.count === 1 ? 'It sends' : 'They send'} nothing by {alerts.count === 1 ? 'itself' : 'themselves'}{' '}
            until somebody takes or releases {alerts.count === 1 ? 'it' : 'them'}; new alerts are told as always.{' '}
            {path !== '/alerts' && (
              <a href="#/alerts">Look at {alerts.count === 1 ? 'it and release it' : 'them and release them'}</a>
            )}
          </span>
          {path === '/alerts' && (
            <ActButton call="alerts.release" variant="default" size="compact-sm" onClick={() => void release()}>
              Release {alerts.count === 1 ? 'it' : `all ${formatCount(alerts.count)}`}
            </ActButton>
          )}
        </p>
      )}
    </>
  );
}
