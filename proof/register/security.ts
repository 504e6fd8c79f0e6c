import { by, partly, type Register } from './register.ts';

const agent = 'proof/security/agent.security.test.ts';
const build = 'proof/security/build.security.test.ts';
const smoke = 'e2e/desktop/smoke.journey.test.ts';
const server = 'src-main/hosts/agent/server.test.ts';
const routes = 'src-main/hosts/agent/receiver-routes.test.ts';
const keychain = 'src-main/platform/keychain.test.ts';
const keychainReal = 'src-main/platform/keychain.integration.test.ts';
const http = 'src-main/platform/http.test.ts';
const people = 'src-main/engine/organisations/organisations.test.ts';
const settings = 'src-main/engine/handlers/settings.test.ts';
const audit = 'src-main/engine/audit/audit.test.ts';
const erasing = 'src-main/engine/organisations/erasing.test.ts';
const sweep = 'proof/security/erasing.security.test.ts';
const closedIn = 'src-main/hosts/desktop/closed-in.test.ts';
const receiver = 'src-main/engine/receiver/receiver.test.ts';

/** Every line of the security list, and of the audit's own, once. */
export const security: Register = {
  'SEC-01': partly(
    'The gate (npm run release:check) asks the registry: the age of Electron was answered, known advisories were not from here, and it says so with exit status 3.',
    [build, 'SEC-01 the release gate'],
  ),
  'SEC-02': partly(
    'Set at packaging; read back from the packaged binary by the release gate, which needs Electron’s binary.',
    [build, 'SEC-02 the fuses'],
  ),
  'SEC-03': partly(
    'The code against a double of Electron; a packaged binary started with those switches needs Electron’s binary.',
    [build, 'SEC-03 a packaged app drops switches'],
  ),
  'SEC-04': by([build, 'SEC-04 nothing for tests']),
  'SEC-05': partly(
    '23 optional packages of other platforms, tools that are not shipped, stand in the lock file without a hash: their registry entry had none here.',
    [build, 'SEC-05 every package is pinned'],
    [build, 'SEC-05 a bill of materials'],
  ),
  'SEC-06': partly(
    'The program does not update itself; proven is that nothing in it could. An update that is taken would need signature, publisher and version checks against a local update server.',
    [build, 'SEC-06 FT-90 nothing in the program looks for'],
  ),
  'SEC-07': by(
    [build, 'SEC-07 SEC-09 windows are closed in'],
    [smoke, 'opens one window that can do nothing but show our pages'],
  ),
  'SEC-08': by([agent, 'SEC-08 SEC-17 SEC-47 no path leads out'], [server, 'sends pages from its fixed list']),
  'SEC-09': by(
    [smoke, 'keeps inline scripts, evaluated text and foreign connections out'],
    [build, 'SEC-07 SEC-09 windows are closed in'],
  ),
  'SEC-10': by(
    [smoke, 'stays where it is when a page or a link tries to lead it away'],
    [closedIn, '%s leaves our own pages for nowhere'],
    [closedIn, 'frames inside the page go nowhere'],
  ),
  'SEC-11': by(
    [smoke, 'denies every permission but notifications'],
    [closedIn, 'the session gives no device, screen, spelling dictionary'],
  ),
  'SEC-12': by(
    [smoke, 'stays where it is when a page or a link tries to lead it away'],
    [closedIn, 'nothing is opened outside but https addresses of the list'],
    [closedIn, 'the session gives no device, screen, spelling dictionary'],
  ),
  'SEC-13': by([build, 'SEC-13 no HTML from outside']),
  'SEC-14': by([smoke, 'gives the page one frozen object'], [closedIn, 'text and bytes up to 1 MiB are answered']),
  'SEC-15': by([closedIn, '%s gets no answer on any channel'], [closedIn, 'our own page is answered']),
  'SEC-16': by(
    ['proof/security/roles.security.test.ts', 'SEC-16 every call that changes something'],
    [agent, 'SEC-16 no call gives one organisation’s rows'],
    ['proof/security/tenants.security.test.ts', 'SEC-16 every call there is'],
    ['proof/security/queries.security.test.ts', 'SEC-16 every query carries its organisation'],
    [settings, 'admin access alone does not make %s an administrator'],
    [people, 'a person of one organisation is nobody in another'],
  ),
  'SEC-17': by(
    [smoke, 'takes a dropped file as a one-use handle'],
    [server, 'gives a refusal its four parts'],
    [server, 'turns an upload into a one-use handle'],
    [agent, 'SEC-08 SEC-17 SEC-47 no path leads out'],
  ),
  'SEC-18': partly(
    'A click on a notification only opens its alert; its button Acknowledge takes that alert, as U38 wants, and nothing else.',
    [smoke, 'a second launch raises the first, hands it an address'],
    [smoke, 'an address from outside opens a screen and does nothing there'],
  ),
  'SEC-19': by([agent, 'SEC-19 the agent listens on loopback alone']),
  'SEC-20': by(
    [server, 'answers nothing to a Host that is not its own'],
    [routes, 'a name that was rebound to this machine is refused'],
    [routes, 'of several things that are wrong the first one'],
    ['e2e/foreign-page.journey.test.ts', 'a page of another origin'],
  ),
  'SEC-21': partly(
    'That the token is compared in constant time is read in the code, not measured.',
    [server, 'takes calls with its own token only'],
    [server, 'the token of a start is 256 random bits'],
    [agent, 'SEC-21 the token of a start'],
    [agent, 'SEC-21 SEC-28 another user'],
    ['e2e/screens.journey.test.ts', 'the token leaves the address at once'],
  ),
  'SEC-22': by(
    [server, 'refuses a foreign Origin'],
    ['e2e/foreign-page.journey.test.ts', 'a page of another origin'],
    [routes, 'are refused unless they are on the list'],
  ),
  'SEC-23': by(
    [server, 'pages and API answers alike'],
    [server, 'sends pages from its fixed list'],
    [routes, 'a signed event is taken without a token'],
  ),
  'SEC-24': by(
    [routes, 'each refusal has its own status'],
    [server, 'refuses a foreign Origin'],
    [routes, 'headers beyond 8 KiB are 431'],
    [routes, 'a body declared small and sent large'],
    ['src-main/hosts/agent/receiver-slow.integration.test.ts', 'who sends slowly or nothing'],
    ['src-main/hosts/agent/connections.integration.test.ts', '300 at once from one address'],
    ['src-main/hosts/agent/connections.integration.test.ts', 'who waits too long'],
    ['src-main/hosts/agent/connections.integration.test.ts', '200 are served in all'],
  ),
  'SEC-25': by(
    [routes, 'each refusal has its own status'],
    [routes, 'of several things that are wrong the first one'],
    [receiver, 'refuses what is not authentic without a word'],
    [receiver, 'takes 100 a minute from a sender'],
    [receiver, 'accepts both secrets while they are changed over'],
    [receiver, 'stores an authentic event before it answers'],
  ),
  'SEC-26': by(
    ['src-main/engine/kpis/kpis.integration.test.ts', 'the metrics page holds every counter and level once'],
    [server, 'answers nothing to a Host that is not its own'],
    [server, 'the metrics page'],
  ),
  'SEC-27': by(
    ['src-main/platform/oauth-return.test.ts', 'stands on loopback alone'],
    ['src-main/platform/oauth-return.test.ts', 'answers one request on one path with the right state'],
    ['src-main/platform/oauth-return.test.ts', 'closes by itself after five minutes'],
    ['src-main/adapters/kit/oauth.test.ts', 'the page to open carries an S256 challenge'],
    ['src-main/adapters/kit/oauth.test.ts', 'an answer with %s asks for no token'],
    ['src-main/adapters/kit/oauth.test.ts', 'a whole sign-in'],
    ['src-main/adapters/kit/oauth.test.ts', 'disconnecting takes the tokens back'],
  ),
  'SEC-28': by(
    [build, 'SEC-28 the keychain driver'],
    [keychain, 'a call that hangs is given up'],
    [keychain, 'a kill while a long value is written'],
  ),
  'SEC-29': by(
    [keychain, 'values come back, under the agreed names'],
    [keychainReal, 'keeps values across processes, and no file holds them'],
  ),
  'SEC-30': partly(
    'Core dumps and swap are the operating system’s; command lines, files and requests are swept.',
    [agent, 'SEC-32 SEC-30 canaries'],
    [agent, 'SEC-21 SEC-28 another user'],
  ),
  'SEC-31': by(['src-main/platform/secrets.test.ts', 'a variable is read once and removed']),
  'SEC-32': by(
    [agent, 'SEC-32 SEC-30 canaries'],
    ['src-main/platform/redactor.test.ts', 'no known secret of four or more characters survives'],
    ['src-main/platform/redactor.test.ts', 'a known secret %s is gone'],
    ['src-main/platform/log.test.ts', 'no secret reaches the file'],
  ),
  'SEC-33': by([people, 'a PIN is never stored'], [people, 'five wrong tries in a row']),
  'SEC-34': by(['src-main/engine/exports/pin-each-time.test.ts', 'every approval asks for the PIN']),
  'SEC-35': by(
    [build, 'SEC-35 certificates are always checked'],
    [http, 'an unknown certificate is refused'],
    [http, 'a server older than TLS 1.2'],
  ),
  'SEC-36': by(
    [http, 'a user-supplied address is checked at every attempt'],
    ['proof/faults/c-network.fault.test.ts', 'FT-46 a name that leads elsewhere'],
    ['src-main/platform/public-address.test.ts', '%s is refused'],
    ['src-main/adapters/webhook/webhook.test.ts', 'is sent to no private address'],
  ),
  'SEC-37': by(
    ['src-main/platform/network.test.ts', 'through a proxy private literals and names are still refused'],
    ['src-main/platform/public-address.test.ts', 'through a proxy a name only it can resolve'],
  ),
  'SEC-38': by([http, 'the excerpt is cleaned before it is cut']),
  'SEC-39': by(['src-main/adapters/webhook/webhook.test.ts', 'is signed by both keys for 24 hours']),
  'SEC-40': by([build, 'SEC-40 nothing is sent to an AI system']),
  'SEC-41': by([build, 'SEC-41 no SQL']),
  'SEC-42': by(
    ['src-shared/format/spreadsheet.test.ts', 'a cell that begins like a formula becomes text'],
    ['src-shared/format/spreadsheet.test.ts', 'an amount or plain text stays'],
    ['src-main/engine/exports/documents.test.ts', 'evidence is safe to open in a spreadsheet'],
    ['src-main/engine/exports/pack.test.ts', 'the CSV of a pack is safe to open'],
    ['src-shared/format/csv.test.ts', 'commas, quotes and line ends are quoted'],
    ['src-main/engine/imports/bad-input.integration.test.ts', 'formula cells in texts stay text'],
  ),
  'SEC-43': by(
    ['src-main/adapters/slack/slack.test.ts', 'no outside text becomes a mention'],
    ['src-main/adapters/email/email.integration.test.ts', 'cannot be made into another one'],
    ['src-main/adapters/sms/sms.test.ts', 'never leaves the alphabet'],
    ['src-main/adapters/pagerduty/pagerduty.test.ts', 'any text fits PagerDuty’s limits'],
  ),
  'SEC-44': partly(
    'PDFs are drawn by pdfmake from data, without HTML, scripts or network: there is no page to escape from.',
    ['proof/security/pdf.security.test.ts', 'SEC-44 %s shows texts from outside and holds nothing'],
    ['src-main/engine/crm/crm.integration.test.ts', 'a vendor’s value report is a PDF'],
  ),
  'SEC-45': by(['src-main/platform/log.test.ts', 'nothing can forge a second line']),
  'SEC-46': by(
    [agent, 'SEC-46 keys that reach into prototypes'],
    [agent, 'SEC-46 a restore takes no file'],
    ['src-main/platform/redactor.test.ts', 'a long hostile text takes no long time'],
  ),
  'SEC-47': by([agent, 'SEC-08 SEC-17 SEC-47 no path leads out']),
  'SEC-48': by(
    ['src-main/platform/pages.integration.test.ts', 'dialogs are dismissed, a pop-up is closed'],
    ['src-main/platform/driven-page.test.ts', 'a driven page reaches its own hosts'],
    ['src-main/adapters/lightblue/drive.integration.test.ts', 'covers every field on the picture'],
    ['src-main/adapters/lightblue/drive.integration.test.ts', 'a page altered like this is left alone'],
    ['src-main/adapters/lightblue/drive.integration.test.ts', 'without a session, or on a host it was not given'],
  ),
  'SEC-49': partly(
    'Erased are people who work here. A database above 96 MB is written anew at the next start, until when bytes of their rows stay in its free space. Couples: a name goes when the calendar is brought in again without it; no command erases one. Contacts of vendors and suppliers, and people who are known by a name from Slack or PagerDuty alone, are changed where they stand, and stay in the record and in documents. Not covered up are e-mail addresses of vendors, and the numbers and addresses alerts go to, for whoever opens their page.',
    ['src-main/engine/alerts/telling.test.ts', 'no message ever holds a couple'],
    ['src-main/engine/handlers/weekend.test.ts', 'couples are named to operations and administration'],
    ['src-main/engine/weekend/weekend.test.ts', 'a couple’s name that a calendar no longer has'],
    [erasing, 'never oneself, the last of a role'],
    [sweep, 'SEC-49 AUD-09 an erased person is in no file'],
    ['e2e/people.journey.test.ts', 'what goes and what stays is shown'],
  ),
  'SEC-50': by([build, 'SEC-50 nothing is reported home']),
  'AUD-09': partly(
    'Entries written before migration 0086 stay as they are. Where no secret store keeps a key (an agent without a session), texts lie readable beside the chain until they are erased, and in backups made until then.',
    [erasing, 'what the record knows of a person lies aside'],
    [erasing, 'a backup from before the erasure'],
    [erasing, 'locked: nothing is erased'],
    [erasing, 'killed before the key was forgotten'],
    [erasing, 'an erasure that fails midway'],
    [erasing, 'a text aside that was changed or taken away'],
    [erasing, 'the extract is verified by an independent script'],
    [sweep, 'SEC-49 AUD-09 an erased person is in no file'],
    [sweep, 'AUD-09 killed while erasing'],
  ),
  'AUD-11': by(
    [audit, 'tells that an entry was altered, whichever field'],
    [audit, 'altered and its own hash computed anew'],
    [audit, 'tells a checkpoint changed to'],
    [audit, 'tells that the tail is missing'],
    [audit, 'tells swapped entries'],
    [audit, 'tells a chain computed anew without the key'],
    [agent, 'SEC-45 AUD-06 an entry edited'],
    ['proof/faults/b-storage.fault.test.ts', 'FT-20 replaced by an older copy'],
  ),
};
