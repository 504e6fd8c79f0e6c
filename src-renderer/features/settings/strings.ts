import type { ConnectionView, Organisation } from '../../../src-shared/contract/settings.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

export const connectionStates: Record<ConnectionView['state'], { word: string; shape: ShapeName; tone: Tone }> = {
  not_connected: { word: 'Not connected', shape: 'plug', tone: 'muted' },
  connected: { word: 'Connected', shape: 'disc', tone: 'ok' },
  needs_attention: { word: 'Needs attention', shape: 'triangle', tone: 'critical' },
};

export const modes: Record<ConnectionView['mode'], string> = {
  on: 'On',
  paused: 'Paused: work waits in the queue',
  off: 'Off: new work is recorded as not sent',
};

export const words = {
  organisation: 'Organisation',
  people: 'People and PINs',
  appearance: 'Appearance and keys',
  backup: 'Backup and restore',
  sending: 'Sending',
  network: 'Network',
  diagnostics: 'Diagnostics',
  reading: 'Reading the settings.',
  trouble: (name: string) => `${name} needs attention before anything can be sent to it.`,
  answer: (organisation: Organisation) =>
    `${organisation.name}: ${organisation.vatRegistered ? 'VAT registered' : 'not VAT registered'}, four eyes ${
      organisation.fourEyes ? 'on' : 'off'
    }.`,
  saved: (what: string) => `${what} saved.`,
  pastedAnswer: 'Address of the page the sign-in ended at',
  pastedAnswerHelp: 'Agree in your browser, then copy the whole address of the page it ends at and paste it here.',
  signInStarted: 'The sign-in page is open in your browser. Come back here when you have agreed.',
  chooseAccount: 'Which organisation in the ledger is meant? Nothing is sent before you say.',
  mapHint:
    'Read from the ledger when it was connected. A person confirms it once; it is checked again before every export.',
  fourEyes: 'Whoever prepares a batch may not approve it',
  eraseReason: 'It stays in the record, so it must name nobody. For example: asked for by the person, case 12.',
  eraseForGood: 'This cannot be undone, not from a backup either.',
  notErasable: { happened: 'This person cannot be erased now.', doing: 'Nothing was changed.' },
  keyWaits: {
    happened: 'The person is erased, but the secret store could not forget the key.',
    means: 'Until then somebody with that key and an older backup could read what the record had.',
    doing: 'The console does it at its next start.',
    remedy: 'Unlock the keychain and start the console again.',
  },
  keychainChanged:
    'The sign-ins of these systems are in a keychain this computer does not offer now: another user or profile, another desktop, or a data folder that was moved. Sign in as before and all goes on by itself.',
  keychainSystems: 'They cannot be reached; what is to be sent is stored and waits:',
  keychainAccept:
    'From then on the console keeps its secrets in the present keychain. These systems wait until you connect them again:',
  keychainStays:
    'Keys of cost sources, vendors and webhook senders, a proxy password and the passphrase of sealed backups have to be entered again too. Nothing is deleted from the other keychain. The records, alerts and waiting deliveries stay as they are; this is kept in the audit record.',
  pinHint: 'Four to twelve digits. It is stored as a slow salted hash and never shown.',
  firstPinHint:
    '4 to 12 digits. A first PIN opens the door and approves nothing: its holder switches to themselves with it and chooses another.',
} as const;

export const routingWords = {
  title: 'Who is told',
  means:
    'Where alerts go on an ordinary day, by channel. On wedding days a severity counts one step higher, and on Saturdays everything goes to SMS and PagerDuty as well. The route of any alert at any moment:',
  noPlaces: 'No place is named yet, so nobody is told of any alert. Add a Slack channel, an address or a phone.',
  weddingDays: 'On wedding days a warning goes where a critical alert goes, a critical one where an emergency goes.',
  noSteps: 'Nobody else is told when an alert is not taken.',
} as const;

export const sendingWords = {
  alone:
    'One computer alone sends for an organisation. A copy of this data folder, on another computer or beside it, sends nothing by itself: it says who sends, and waits until somebody takes over there. A folder that is moved goes on.',
  rests: (sender: string) =>
    `${sender} sends the alerts, documents and pushes of this organisation; nothing leaves from here. What happens here waits in the queue, and taking an alert here is not told to anybody.`,
  both: (rival: string) =>
    `${rival} was heard sending for this organisation as well. Nothing is posted to the ledgers from here until somebody decides; alerts go out from both and may come twice.`,
  takingOver: (other: string, both: boolean) => [
    `End the console on ${other} first if it still runs. It cannot be stopped from here, and two that send tell people twice.`,
    'Alerts, escalations, pushes and postings of this organisation go out from this computer from now on. Everybody who is told of warnings is told so.',
    ...(both
      ? ['Posting to the ledgers goes on here. What may have been posted twice meanwhile is for you to check.']
      : [
          'What was learned here meanwhile goes out at once, marked late where it is.',
          `What came along unfinished stays held, and alerts that were open rest: ${other} may have sent it. Look at it in Deliveries and release it.`,
        ]),
  ],
  leaving: (other: string) => [
    `Nothing leaves from this computer from now on; ${other} sends. Confirm that there.`,
    'What was not sent from here is held, and open alerts rest here.',
  ],
  reason: 'It stays in the record and is in the message to the others. For example: the old laptop is broken.',
} as const;

export const searchWords = {
  label: 'Find a setting',
  found: 'Settings found',
  nothing: (typed: string) => `Nothing found for “${typed}”. Try another word.`,
} as const;
