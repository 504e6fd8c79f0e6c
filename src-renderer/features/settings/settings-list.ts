import type { CallName } from '../../../src-shared/contract/who-may.ts';
import { fold, hasWords } from '../../state/search.ts';
import { figureTexts } from '../crm/strings.ts';
import { routingWords, words } from './strings.ts';

/** One setting, wherever it is. */
export interface Setting {
  /** Address of the screen it is on. */
  readonly path: string;
  /** What that screen is called. */
  readonly section: string;
  /** Its name as the screen has it: of a field, a button, a table or a part of the screen. */
  readonly label: string;
  /** Other words a person may type for it. */
  readonly words: string;
}

interface SettingsSection {
  readonly path: string;
  readonly word: string;
  /** What the section is there for; none where nothing is changed in the engine. */
  readonly call?: CallName;
  /** A label, and other words for it. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The sections at the left, in their order, each with what can be set there. */
export const sections: readonly SettingsSection[] = [
  {
    path: '/settings/organisation',
    word: words.organisation,
    call: 'settings.saveOrganisation',
    settings: {
      Name: 'company business title',
      'Time zone': 'clock summer time london',
      'Country of the business': 'great britain northern ireland isle of man',
      'VAT registered': 'tax',
      'VAT number': 'tax registration',
      'VAT scheme': 'tax flat rate cash standard accounting',
      'Partly exempt': 'vat tax exemption',
      [words.fourEyes]: 'four eyes second person approval',
      'Add an organisation…': 'tenant another company new create',
    },
  },
  {
    path: '/settings/people',
    word: words.people,
    call: 'settings.savePerson',
    settings: {
      'Add a person…': 'user staff colleague new',
      People: 'roles role viewer ops finance preparer approver administrator pin password act as erase',
    },
  },
  {
    path: '/settings/alerts',
    word: routingWords.title,
    call: 'alerts.saveRouting',
    settings: {
      'Add a place…': 'destination slack channel e-mail address phone number sms pagerduty webhook recipient',
      Places: 'destinations told management addresses recipients',
      'SMS goes to whoever is on call': 'phone text message',
      'Channels by severity': 'routing table info warning critical emergency slack e-mail pagerduty webhook sms',
      'People, in the order of their turns': 'on call rota shift duty',
      'On call, in turns': 'rota shift duty: first turn begins on, handover at, days of a turn',
      'From this severity on': 'escalation escalate nobody takes it',
      'Add a step': 'escalation escalate minutes nobody takes it management',
    },
  },
  {
    path: '/settings/appearance',
    word: words.appearance,
    settings: {
      Theme: 'light dark colours scheme contrast',
      'Single-letter keys': 'keyboard shortcuts letters',
      'Start with this computer': 'login autostart boot tray',
      'Stay awake on wedding days': 'sleep suspend power mains',
    },
  },
  {
    path: '/settings/backup',
    word: words.backup,
    call: 'maintenance.planBackups',
    settings: {
      'Automatic backups': 'folder second place sealed passphrase recovery code schedule hourly retention kept',
      'Restore drill': 'test backup scratch',
      'Make a backup': 'copy database save now',
      'Restore a backup': 'bring back database earlier',
    },
  },
  {
    path: '/settings/sending',
    word: words.sending,
    call: 'settings.takeOverSending',
    settings: { [words.sending]: 'seat computer take over which computer sends data folder' },
  },
  {
    path: '/settings/network',
    word: words.network,
    call: 'network.save',
    settings: {
      Proxy: 'pac address name password bypass internet company',
      Certificates: 'authority ca tls ssl trust root',
      Host: 'try test reach connection',
    },
  },
  {
    path: '/settings/diagnostics',
    word: words.diagnostics,
    settings: {
      [words.diagnostics]: 'version data folder keychain safe mode security',
      'Bundle for whoever helps': 'support log files report problem',
    },
  },
];

/** What only the desktop app has, and a browser does not. */
export const ofDesktop: readonly string[] = ['Start with this computer', 'Stay awake on wedding days'];

/** What is set on another screen, beside what it changes. */
export const elsewhere: readonly Setting[] = [
  ...[
    ...figureTexts.map(([, label, formula]) => [label, `multiplier ${formula}`] as const),
    ['AI features every vendor should have used before the season', 'readiness core'] as const,
    ['AI features that talk with clients', 'retention communication'] as const,
  ].map(([label, more]) => ({
    path: '/crm/figures',
    section: 'CRM, business value',
    label,
    words: `value roi formula ${more}`,
  })),
  {
    path: '/alerts/silences',
    section: 'Alerts, silences',
    label: 'Quiet at night',
    words: 'my quiet hours notifications sounds do not disturb',
  },
  { path: '/weekend', section: 'Weekend', label: 'Heartbeat', words: "dead man's switch ping address watchdog" },
  {
    path: '/weekend',
    section: 'Weekend',
    label: 'Bank holidays of',
    words: 'calendar england scotland holiday nation',
  },
  { path: '/weekend', section: 'Weekend', label: 'Wedding-day mode', words: 'switch by hand on off window' },
  {
    path: '/systems?tab=senders',
    section: 'Systems, senders',
    label: 'Senders',
    words: 'receiver webhooks in secret signing key public address origins cors limits',
  },
  { path: '/exports/suppliers', section: 'Exports, suppliers', label: 'Suppliers', words: 'vat country established' },
  { path: '/exports/rules', section: 'Exports, rules', label: 'Rules', words: 'category account learned' },
  { path: '/exports/schedules', section: 'Exports, schedules', label: 'New schedule…', words: 'planned monthly every' },
];

/** Those that have every word typed, by name before by another word; none for an empty text. */
export function findSettings(index: readonly Setting[], typed: string): readonly Setting[] {
  if (fold(typed).trim() === '') return [];
  const named = ({ label }: Setting) => (hasWords(label, typed) ? 0 : 1);
  return index
    .filter(({ label, section, words: more }) => hasWords(`${label} ${section} ${more}`, typed))
    .toSorted((a, b) => named(a) - named(b));
}
