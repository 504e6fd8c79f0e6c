import { by, partly, type Register, shortened } from './register.ts';

const A = 'proof/faults/a-process.fault.test.ts';
const seats = 'proof/faults/a-seats.fault.test.ts';
const B = 'proof/faults/b-storage.fault.test.ts';
const D = 'proof/faults/b-others.fault.test.ts';
const load = 'proof/faults/d-load.fault.test.ts';
const C = 'proof/faults/c-surroundings.fault.test.ts';
const network = 'proof/faults/c-network.fault.test.ts';
const lines = 'src-main/platform/network.test.ts';
const trust = 'src-main/platform/trust.integration.test.ts';
const outboxKill = 'src-main/engine/outbox/kill.integration.test.ts';
const killReceiving = 'src-main/hosts/agent/kill-receiving.integration.test.ts';
const alertKill = 'src-main/engine/alerts/kill.integration.test.ts';
const postingKill = 'src-main/hosts/agent/kill-posting.fault.test.ts';
const http = 'src-main/platform/http.test.ts';
const acknowledging = 'src-main/engine/alerts/acknowledging.test.ts';
const failover = 'src-main/engine/alerts/failover.test.ts';
const desk = 'src-main/engine/alerts/desk.test.ts';
const silences = 'src-main/engine/alerts/silences.test.ts';
const bundles = 'src-main/engine/alerts/bundles.test.ts';
const timers = 'src-main/engine/alerts/timers.test.ts';
const channels = 'src-main/engine/alerts/channels.integration.test.ts';
const schedules = 'src-main/engine/schedules/schedules.integration.test.ts';
const weekend = 'src-shared/domain/wedding-time/weekend-at.test.ts';
const outbox = 'src-main/engine/outbox/outbox.test.ts';
const receiver = 'src-main/engine/receiver/receiver.test.ts';
const routes = 'src-main/hosts/agent/receiver-routes.test.ts';
const keychain = 'src-main/platform/keychain.test.ts';
const keychainBack = 'src-main/engine/health/keychain-back.test.ts';
const keychainReal = 'src-main/platform/keychain.integration.test.ts';
const xero = 'src-main/adapters/xero/xero.test.ts';
const quickbooks = 'src-main/adapters/quickbooks/quickbooks.test.ts';
const freshbooks = 'src-main/adapters/freshbooks/freshbooks.test.ts';
const quickbooksSignIn = 'src-main/adapters/quickbooks/sign-in.test.ts';
const freshbooksSignIn = 'src-main/adapters/freshbooks/sign-in.test.ts';
const ledgers = 'src-main/hosts/agent/ledger-faults.fault.test.ts';
const suite = 'src-main/adapters/testing/adapter-suite.ts';
const storm = [A, 'FT-02 FT-08 killed'] as const;
const files = 'proof/faults/b-files.fault.test.ts';
const waits = 'src-main/engine/outbox/told-to-wait.test.ts';
const age = 'src-main/adapters/kit/signature/age.test.ts';
const approval = 'src-main/engine/exports/approval.test.ts';
const deliverer = 'src-main/engine/connections/deliverer.test.ts';
const automatic = 'src-main/engine/maintenance/automatic-backups.test.ts';

/** Every row of the fault table, once: the tests that prove it, or why it is not run here and what would run it. */
export const faults: Register = {
  'FT-01': by(
    [outboxKill, 'loses nothing and posts nothing twice'],
    ['src-main/store/writer.test.ts', 'tells nobody of success before the shared commit'],
    [killReceiving, 'what was taken is there once, with one effect'],
  ),
  'FT-02': by(storm, [killReceiving, 'what was taken is there once, with one effect']),
  'FT-03': by([outboxKill, 'loses nothing and posts nothing twice']),
  'FT-04': by(
    [alertKill, 'killed between the commit of an alert and its sending'],
    ['src-main/adapters/pagerduty/pagerduty.test.ts', 'is one for all states of an alert, whatever is repeated'],
  ),
  'FT-05': by([postingKill, 'a bill to $system and its reversal, killed at every call that writes']),
  'FT-06': by([postingKill, 'a bill to $system and its reversal, killed at every call that writes']),
  'FT-07': shortened(
    { FAULT_POSTING_KILLS: 20 },
    'Twenty bills and four kills a ledger instead of 200 and twenty.',
    [postingKill, 'times at any moment, ends with each bill'],
    [postingKill, 'killed at every call that writes, before and after it took effect'],
  ),
  'FT-08': by(
    storm,
    [files, 'FT-08 killed while it makes a backup'],
    ['src-main/engine/imports/kill.integration.test.ts', 'killed again and again leaves nothing'],
    ['src-main/store/migrate.test.ts', 'that fail leave the schema as it was before them'],
    ['src-main/store/open.test.ts', 'that cannot be made leaves nothing behind'],
    ['src-main/adapters/kit/oauth.test.ts', 'a lost answer means reconnect, and the used token is never sent again'],
  ),
  'FT-09': by([A, 'FT-09 the power fails'], [files, 'FT-09 what is not in the database']),
  'FT-10': by(
    [A, 'FT-10 a console whose loop stands still'],
    ['src-main/hosts/watchdog.integration.test.ts', 'a console whose loop stands still is ended'],
  ),
  'FT-11': partly(
    'The page crashes against a double of Electron; with a real GPU process: the desktop journey where Electron’s binary is present.',
    ['e2e/desktop/smoke.journey.test.ts', 'reloads once after a crash of the page'],
  ),
  'FT-12': partly(
    'Ended from outside, not by a poisoned row. Safe mode, its words and reading are shown on the agent; a restore while in safe mode and the tray of the desktop are not.',
    [A, 'FT-12 ended again and again at start'],
    ['src-main/hosts/starts.test.ts', 'the fourth start within five minutes is one too many'],
  ),
  'FT-13': by([A, 'FT-13 little memory and a gigantic file']),
  'FT-14': partly(
    'Connections beyond the last descriptor are closed without an answer: there is none left to say 503 with.',
    [A, 'FT-14 out of file descriptors'],
  ),
  'FT-15': by(
    [A, 'FT-15 told to end with 500 waiting'],
    ['proof/faults/a-ending.fault.test.ts', 'every page of a large database is being checked'],
    ['proof/faults/a-ending.fault.test.ts', 'a backup of a large database is being made'],
    ['src-main/store/open.test.ts', 'waits two seconds, no longer, for a question'],
    ['src-main/engine/outbox/stopping.test.ts', 'what is in the air may take five seconds more'],
    ['src-main/engine/outbox/stopping.test.ts', 'what was fetched ahead and not begun is given back'],
  ),
  'FT-16': by([B, 'FT-16 full'], ['src-main/store/writer.test.ts', 'rejects every member when the disk is full']),
  'FT-17': by([B, 'FT-17 failing to sync']),
  'FT-18': partly(
    'No alerts from memory: a console whose database is damaged does not start. It says so and how to restore.',
    [B, 'FT-18 a damaged page'],
  ),
  'FT-19': by([B, 'FT-19 its journal deleted']),
  'FT-20': partly(
    'The checkpoints outside the database notice it; the seat record beside it only where who sends was decided since.',
    [B, 'FT-20 replaced by an older copy'],
    [seats, 'FT-87 FT-20 a database from before sending was taken over'],
  ),
  'FT-21': by([B, 'FT-21 in a folder that cannot be written']),
  'FT-22': by([D, 'FT-22 locked by another program']),
  'FT-23': partly('A reader of another program cannot be cut from here; the alert says to end it.', [
    D,
    'FT-23 a reader that never ends',
  ]),
  'FT-24': shortened(
    { FAULT_STRESS_SECONDS: 3_600 },
    '15 s instead of an hour.',
    [D, 'FT-24 two connections writing and folding in at once'],
    ['src-main/store/open.test.ts', 'an SQLite that can damage what two connections use is refused'],
  ),
  'FT-25': by(
    ['src-main/platform/folder-place.test.ts', 'FT-25 %s is named as a place'],
    ['src-main/platform/folder-place.test.ts', 'FT-25 an ordinary folder is no such place'],
  ),
  'FT-26': by(
    [B, 'FT-26 of the backup full or gone'],
    [automatic, 'a full disk and a folder that is gone are alerts'],
    ['src-main/platform/backup-folder.test.ts', 'FT-26 what a drive gives back other than it was written'],
  ),
  'FT-27': by(
    [weekend, 'a skipped wall time means the first instant after the gap'],
    [schedules, 'every 1st at 07:00 local runs once a month on time, over both clock changes'],
    [schedules, 'a time the clock skips or shows twice runs exactly once that day'],
  ),
  'FT-28': by(
    ['src-main/engine/alerts/clock-leaps.test.ts', 'to 1970 and to 2038 fires nothing twice'],
    ['src-main/engine/outbox/clock-set-back.test.ts', 'what was brought under a wrong clock goes out'],
    [acknowledging, 'a clock set back fires nothing again'],
    [schedules, 'a clock set back runs nothing twice, also after a restart'],
  ),
  'FT-29': partly(
    '17 s asleep in real time; eight hours by the moved clock in the two others.',
    [A, 'FT-29 stopped for a while and woken'],
    [acknowledging, 'after an hour of sleep all missed steps are one, told as late'],
    [schedules, 'after a long sleep one run catches up'],
  ),
  'FT-30': by([C, 'FT-30 the zone of the machine changes nothing']),
  'FT-31': by([weekend, 'every zone of the world, any minute of the built-in years']),
  'FT-32': by(
    [age, 'five minutes old or ahead is in time'],
    ['src-main/platform/clock-offset.test.ts', 'the clock is compared with what providers say'],
    ['src-main/engine/health/clock-watch.test.ts', 'a clock more than 30 s off is one alert'],
    ['src-main/engine/alerts/probes.test.ts', 'a clock more than 2 s off is red and says when signatures fail'],
  ),
  'FT-33': by(
    ['src-shared/domain/schedule/schedule.test.ts', 'month ends, short months, weekends and bank holidays'],
    ['src-shared/domain/schedule/schedule.test.ts', 'every rule falls exactly once a month over ten years'],
  ),
  'FT-34': partly(
    'Practice in a network namespace; the queue of a real organisation draining on return needs real providers.',
    [A, 'FT-34 %s the console starts'],
  ),
  'FT-35': by(
    [suite, 'survives %s'],
    [suite, 'has an answer of the right kind to every status'],
    [http, 'is refused before a byte leaves, and the reason is said'],
  ),
  'FT-36': by(
    [network, 'FT-36 a name service that never answers'],
    ['src-main/platform/names.test.ts', 'of many names two are asked for at once'],
    ['src-main/platform/names.test.ts', 'is found there again after half a second of silence'],
    [http, 'a name that does not exist was not sent'],
  ),
  'FT-37': by([http, 'a refused port was not sent']),
  'FT-38': by(
    [http, 'a server that accepts and hangs'],
    [failover, 'Slack silent for five seconds: PagerDuty starts in its place'],
  ),
  'FT-39': by([http, 'a dripping answer ends at the limit for the whole']),
  'FT-40': by([http, 'a server that accepts and hangs'], [network, 'FT-40 a link cut in the middle of a request']),
  'FT-41': by(
    [http, 'reset after any byte of the request arrived'],
    [http, 'closed in the middle of the answer, at any byte'],
  ),
  'FT-42': by(
    [http, 'a kept connection that dies on reuse counts as sent'],
    [http, 'a kept connection the peer closed before reuse is replaced'],
  ),
  'FT-43': by(
    [http, 'is refused before a byte leaves, and the reason is said'],
    [http, 'an unknown certificate is refused before a byte'],
    ['src-main/platform/smtp.test.ts', 'and there is no way to go on (FT-43)'],
  ),
  'FT-44': by(
    [trust, 'an authority in the computer’s own store is trusted'],
    [trust, 'an authority a person added is trusted'],
    [trust, 'an authority nobody named is refused'],
  ),
  'FT-45': partly(
    'A PAC file is answered by Electron’s session, played here by a double; agent and commands read none. Mail and PostgreSQL go straight.',
    [lines, 'requests go through the proxy, a hundred of them on few tunnels'],
    [lines, 'a wrong password is named as the proxy’s'],
    [lines, 'a proxy that is down, or hangs, is named within three seconds'],
    [lines, 'sockets go through the proxy as well'],
    [lines, 'what the computer itself answers is taken, a PAC file included'],
  ),
  'FT-46': by(
    [network, 'FT-46 a name that leads elsewhere'],
    ['src-main/platform/public-address.test.ts', 'a public name yields the address that was checked'],
    [http, 'a user-supplied address is checked at every attempt'],
  ),
  'FT-47': by(
    [http, 'a redirect is an answer, not a journey'],
    [suite, 'has an answer of the right kind to every status'],
  ),
  'FT-48': by([network, 'FT-48 with IPv6 that leads nowhere']),
  'FT-49': by(
    [waits, 'told to wait, the whole connection waits as long as it was told'],
    [waits, 'no word makes it wait longer than'],
    [http, 'Retry-After "%s" waits %s ms'],
    [suite, 'waits as long as %i says'],
  ),
  'FT-50': partly('One system down and another going on; an hour of it with 95th percentiles is a load run.', [
    outbox,
    'stops calling a system that is down, lets another one go on',
  ]),
  'FT-51': by([failover, 'when nothing accepts (FT-51, R19)']),
  'FT-52': by(
    [freshbooks, 'an error inside a 200 is never a success (FT-52)'],
    [quickbooks, 'inside a 200 is %s, never a success (FT-52)'],
    [ledgers, 'each bill is there once (FT-52)'],
  ),
  'FT-53': by(
    [xero, 'a revoked sign-in parks the connection (FT-53)'],
    [quickbooksSignIn, 'a revoked sign-in parks the connection after one renewal'],
    [freshbooks, 'a revoked sign-in parks the connection (FT-53)'],
    [ledgers, 'after a new sign-in each bill is there once (FT-53)'],
  ),
  'FT-54': by(
    [quickbooksSignIn, 'the answer to a renewal is lost'],
    [freshbooksSignIn, 'the answer to a renewal is lost'],
  ),
  'FT-55': by(
    [quickbooksSignIn, 'two renewals at once are one request (FT-55)'],
    ['src-main/adapters/kit/oauth.test.ts', 'twenty callers at once make one refresh'],
  ),
  'FT-56': by(
    [xero, 'refused with Xero’s words'],
    [quickbooks, 'refused with QuickBooks’ words'],
    [freshbooks, 'refused with FreshBooks’ words'],
    [ledgers, 'the rest stands equal to the penny (FT-56)'],
  ),
  'FT-57': by(
    [xero, 'a penny more than approved is named and removed'],
    [quickbooks, 'a penny of QuickBooks’ own is corrected'],
    [freshbooks, 'a penny more than approved is named'],
  ),
  'FT-58': by(
    [xero, 'a listing three minutes behind'],
    ['src-main/adapters/quickbooks/interrupted.test.ts', 'a listing three minutes behind'],
    [freshbooks, 'a listing three minutes behind'],
    [outbox, 'is sent once more with the same key when four searches found nothing'],
    [ledgers, 'nothing is posted twice (FT-58)'],
  ),
  'FT-59': by(
    ['src-main/engine/crm/crm.integration.test.ts', 'an edit between approval and sending is a conflict'],
    ['src-main/adapters/tave/tave.test.ts', 'stops when a field was edited since the approval'],
  ),
  'FT-60': by(['src-main/adapters/lightblue/drive.integration.test.ts', 'a page altered like this is left alone']),
  'FT-61': by(
    [failover, 'a text that was accepted and never arrives'],
    [channels, 'a text that was accepted and never arrives'],
  ),
  'FT-62': by(
    ['src-main/adapters/email/email.integration.test.ts', 'meets %s with the right answer (FT-62)'],
    ['src-main/adapters/email/email.integration.test.ts', 'a relay without STARTTLS is refused'],
  ),
  'FT-63': by(
    [receiver, 'a Slack button acknowledges for a person we know'],
    [channels, 'acknowledged in Slack, pressed twice'],
    ['src-main/engine/listeners/listeners.test.ts', 'a late press is told in words'],
  ),
  'FT-64': by([channels, 'acknowledged in PagerDuty: heard here']),
  'FT-65': partly(
    'What was refused is counted as lost and said, not sent again: the answer does not say which points it was.',
    ['src-main/adapters/datadog/datadog.test.ts', 'a 202 with errors inside is a partial success'],
  ),
  'FT-66': by(['src-main/engine/receiver/order.integration.test.ts', 'ten thousand events shuffled']),
  'FT-67': by(
    [receiver, 'accepts both secrets while they are changed over'],
    [receiver, 'refuses what is not authentic without a word'],
    [age, 'five minutes old or ahead is in time'],
    [age, 'a header that is missing, or there twice'],
    ['src-main/adapters/kit/signature/signature.test.ts', 'during a rotation the new secret is tried first'],
  ),
  'FT-68': by(
    ['src-main/hosts/agent/receiver-fuzz.fault.test.ts', 'raw requests of any kind'],
    [routes, 'a body declared small and sent large'],
  ),
  'FT-69': by(['src-main/hosts/agent/receiver-slow.integration.test.ts', 'who sends slowly or nothing is cut off']),
  'FT-70': by([receiver, 'takes 100 a minute from a sender']),
  'FT-71': by([receiver, 'our own trouble is 503'], [B, 'FT-16 full'], [D, 'FT-22 locked by another program']),
  'FT-72': by([C, 'FT-72 the port is taken']),
  'FT-73': by([routes, 'forms that two servers read differently (FT-73)']),
  'FT-74': by(
    ['e2e/foreign-page.journey.test.ts', 'a page of another origin'],
    // A browser itself keeps back what its page could have signed: that we refuse its origin shows without one.
    ['src-main/hosts/agent/server.test.ts', 'refuses a foreign Origin'],
    [routes, 'are refused unless they are on the list'],
  ),
  'FT-75': by(
    [C, 'FT-75 a locked keychain'],
    [keychainReal, 'locked is named without a prompt'],
    [keychainBack, 'FT-75 a keychain that was locked is unlocked'],
    [keychain, 'left alone for a minute after a person turned one away'],
  ),
  'FT-76': by([C, 'FT-76 no keychain at all'], [keychainReal, 'without a service on the bus, or without a bus']),
  'FT-77': by(
    ['proof/faults/c-keychain.fault.test.ts', 'FT-77 another keychain'],
    [keychainReal, 'another keychain under the same data folder is called changed'],
  ),
  'FT-78': by(
    ['proof/faults/c-keychain.fault.test.ts', 'FT-78 a keychain that does not answer for a minute'],
    [keychain, 'a call that hangs is given up after ten seconds'],
    [keychainBack, 'FT-78 a keychain that hung answers again'],
  ),
  'FT-79': by(
    [deliverer, 'a secret deleted while it is in use'],
    [deliverer, 'every way delivery can stop is named'],
    [outbox, 'parks the connection when it is the connection that needs a person'],
  ),
  'FT-80': by(
    ['src-main/engine/imports/bad-input.integration.test.ts', 'whatever a file holds'],
    ['src-main/engine/imports/bad-input.integration.test.ts', 'a file that changes while it is read'],
    [A, 'FT-13 little memory and a gigantic file'],
  ),
  'FT-81': shortened(
    { FAULT_IMPORT_KILLS: 20 },
    'Six kills of each kind of file, later and later in it, instead of twenty.',
    ['src-main/engine/imports/kill.integration.test.ts', 'killed again and again leaves nothing'],
  ),
  'FT-82': by(
    ['src-shared/domain/money/index.test.ts', 'a sum of any decimals equals the sum of big integers'],
    ['src-shared/domain/money/index.test.ts', 'a split always adds up again'],
  ),
  'FT-83': by(
    ['src-main/engine/review/review.test.ts', 'a stale edit is refused and names who changed the line first'],
    [approval, 'what was changed after it was prepared cannot be approved'],
    [approval, 'what was changed after it was approved is not sent'],
    [approval, 'twice at the same moment is done once'],
  ),
  'FT-84': by(
    [desk, 'the mode is switched by hand with reason and end, audited'],
    [silences, 'a silence hides, is counted in the register'],
    ['src-main/engine/alerts/less-told.test.ts', 'is told in Slack and by e-mail, to the management too'],
    ['src-main/engine/alerts/less-told.test.ts', 'on a wedding day is told although it hides alerts'],
  ),
  'FT-85': shortened(
    { FAULT_OWNER_ROUNDS: 50 },
    'Two rounds of ten processes instead of fifty.',
    [A, 'FT-85 five agents and five commands'],
    [
      'src-main/platform/owner-lock.integration.test.ts',
      'of ten processes started at once exactly one becomes the owner',
    ],
  ),
  'FT-86': by(
    [A, 'FT-86 a forged record'],
    ['src-main/platform/owner-lock.integration.test.ts', 'the lock dies with its process'],
  ),
  'FT-87': partly(
    'Both copies run on one computer. Two that both send see each other by PagerDuty alone, and only with its REST key; Slack and the heartbeat carry no mark.',
    [seats, 'FT-87 a copy of the folder sends nothing'],
    [seats, 'FT-87 two copies that both send'],
    [seats, 'FT-87 the only copy is never silent'],
    ['src-main/engine/seats/seats.test.ts', 'a copy on another computer holds what came along'],
  ),
  'FT-88': partly(
    'No earlier release exists whose schema could be kept; each migration is atomic and preceded by a copy.',
    ['src-main/store/migrate.test.ts', 'copy a database with data aside first'],
    ['src-main/store/migrate.test.ts', 'that fail leave the schema as it was before them'],
  ),
  'FT-89': by(
    [A, 'FT-89 a database of a newer version'],
    ['src-main/store/migrate.test.ts', 'refuse a newer database'],
  ),
  'FT-90': partly(
    'The program does not update itself; proven is that nothing in it could fetch or start an update. An older program beside a newer database: FT-89. One that updates itself would need the packaged artefact and a local update server.',
    ['proof/security/build.security.test.ts', 'SEC-06 FT-90 nothing in the program looks for'],
  ),
  'FT-91': partly(
    'The agent has no display in any of its tests. On the desktop a double of Electron lacks tray and notifications; a daemon that hangs, and a flash in the task bar, are not played.',
    ['e2e/desktop/no-tray.journey.test.ts', 'on a desktop without a tray the window is never hidden'],
    ['e2e/desktop/no-tray.journey.test.ts', 'without notifications the worst alert rings in the window'],
    ['e2e/alerts.journey.test.ts', 'without notifications the worst alert rings'],
  ),
  'FT-92': by(['src-main/engine/alerts/heartbeat.test.ts', 'down for hours it is one warning']),
  'FT-93': shortened(
    { FAULT_STORM_SECONDS: 300 },
    'Fifteen seconds at the pace of 10,000 in five minutes.',
    [load, 'FT-93 a storm of alerts'],
    [bundles, 'beyond ten a minute SMS and PagerDuty get one bundle'],
    [timers, 'two hundred alerts in a burst'],
  ),
  'FT-94': partly(
    'Twelve seconds of webhooks, alerts, screens and metrics at ten times; FAULT_LOAD_SECONDS=1800 is the half hour. Ledger and CRM at that pace, and 24 h at one: a machine of its own.',
    [load, 'FT-94 ten times the load of a Saturday'],
  ),
  'FT-95': partly(
    'Counted in the flood’s own turns, which no slow machine changes; the fifth in time is for a quiet machine. Floods from outside: FT-70.',
    ['src-main/engine/outbox/fair-share.test.ts', 'FT-95 one organisation floods'],
    [receiver, 'takes 100 a minute from a sender'],
  ),
  'FT-96': shortened(
    { FAULT_KILLS: 6_000 },
    'Fifteen kills, checked after each, instead of eight hours of them.',
    storm,
  ),
};
