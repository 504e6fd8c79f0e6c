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

/** Every line of the security list, and of the audit's own test, once. */
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
  'SEC-10': by([smoke, 'stays where it is when a page or a link tries to lead it away']),
  'SEC-11': by([smoke, 'denies every permission but notifications']),
  'SEC-12': by([smoke, 'stays where it is when a page or a link tries to lead it away']),
  'SEC-13': by([build, 'SEC-13 no HTML from outside']),
  'SEC-14': by([smoke, 'gives the page one frozen object']),
  'SEC-15': by([smoke, 'gives the page one frozen object']),
  'SEC-16': by(
    [agent, 'SEC-16 no call gives one organisation’s rows'],
    [settings, 'admin access alone does not make %s an administrator'],
    [people, 'a person of one organisation is nobody in another'],
  ),
  'SEC-17': by(
    [smoke, 'takes a dropped file as a one-use handle'],
    [server, 'gives a refusal its four parts'],
    [agent, 'SEC-08 SEC-17 SEC-47 no path leads out'],
  ),
  'SEC-18': by([smoke, 'a second launch raises the first, hands it an address']),
  'SEC-19': by([agent, 'SEC-19 the agent listens on loopback alone']),
  'SEC-20': by(
    [server, 'answers nothing to a Host that is not its own'],
    ['e2e/foreign-page.journey.test.ts', 'a page of another origin'],
  ),
  'SEC-21': by(
    [server, 'takes calls with its own token only'],
    [agent, 'SEC-21 the token of a start'],
    [agent, 'SEC-21 SEC-28 another user'],
    ['e2e/screens.journey.test.ts', 'the token leaves the address at once'],
  ),
  'SEC-22': by(
    [server, 'refuses a foreign Origin'],
    ['e2e/foreign-page.journey.test.ts', 'a page of another origin'],
    [routes, 'are refused unless they are on the list'],
  ),
  'SEC-23': by([server, 'sends pages from its fixed list'], [routes, 'a signed event is taken without a token']),
  'SEC-24': by(
    [routes, 'headers beyond 8 KiB are 431'],
    [routes, 'a body declared small and sent large'],
    ['src-main/hosts/agent/receiver-slow.integration.test.ts', 'who sends slowly or nothing'],
  ),
  'SEC-25': by(
    [routes, 'each refusal has its own status'],
    ['src-main/engine/receiver/receiver.test.ts', 'refuses what is not authentic without a word'],
  ),
  'SEC-26': by(
    ['src-main/engine/kpis/kpis.integration.test.ts', 'the metrics page holds every counter and level once'],
    [server, 'answers nothing to a Host that is not its own'],
  ),
  'SEC-27': by(
    ['src-main/platform/oauth-return.test.ts', 'answers one request on one path with the right state'],
    ['src-main/platform/oauth-return.test.ts', 'closes by itself after five minutes'],
    ['src-main/adapters/kit/oauth.test.ts', 'the page to open carries an S256 challenge'],
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
    ['src-main/engine/exports/documents.test.ts', 'evidence is safe to open in a spreadsheet'],
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
    ['src-main/adapters/lightblue/drive.integration.test.ts', 'covers every field on the picture'],
    ['src-main/adapters/lightblue/drive.integration.test.ts', 'without a session, or on a host it was not given'],
  ),
  'SEC-49': partly('Erasing a person’s key (AUD-09) is not built.', [
    'src-main/engine/alerts/telling.test.ts',
    'no message ever holds a couple',
  ]),
  'SEC-50': by([build, 'SEC-50 nothing is reported home']),
  'AUD-11': by(
    [audit, 'tells that an entry was altered'],
    [audit, 'tells that the tail is missing'],
    [audit, 'tells swapped entries'],
    [audit, 'tells a chain computed anew without the key'],
    [agent, 'SEC-45 AUD-06 an entry edited'],
    ['proof/faults/b-storage.fault.test.ts', 'FT-20 replaced by an older copy'],
  ),
};
