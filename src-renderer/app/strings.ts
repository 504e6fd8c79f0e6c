import { formatCounted } from '../../src-shared/format/number.ts';

export const words = {
  product: 'WedSync Ops',
  practice: 'PRACTICE – nothing leaves this computer',
  search: 'Search or run a command…',
  skip: 'Skip to the screen',
  navigation: 'Screens',
  needYou: (word: string, count: number) => `${word}, ${formatCounted(count, 'needs you', 'need you')}`,
  lost: (time: string) => `The engine has not answered since ${time}.`,
  lostMeans: 'What you see may be out of date. Nothing is lost: work that was stored goes on when it is back.',
  switched: (name: string) => `Organisation: ${name}`,
  elsewhere: (alerts: number, organisations: number) =>
    `${formatCounted(alerts, 'alert', 'alerts')} in ${
      organisations === 1 ? 'another organisation' : 'other organisations'
    } ${alerts === 1 ? 'needs' : 'need'} somebody.`,
  loading: 'Opening the console…',
  slow: (time: string) => `Waiting for the engine to answer since ${time}.`,
  slowMeans: 'It may be busy. What is missing here comes by itself when it answers; nothing that was stored is lost.',
  noOrganisation: 'No organisation yet',
  nothingFound: 'Nothing matches. Try another word.',
  openAlert: (number: string) => `Open A-${number}`,
  setting: (section: string) => `Settings, ${section}`,
  findAlerts: (text: string) => `Find “${text}” in open alerts, by title, venue or source`,
  findVendors: (text: string) => `Find “${text}” in CRM pushes`,
  findLines: (text: string) => `Find “${text}” in cost lines`,
  keyListTitle: 'Keys',
  keyListHint: 'Single letters work outside text fields. They can be switched off in Settings, Appearance.',
  crashed: {
    happened: 'This screen stopped because of a mistake in the console.',
    means: 'Nothing was changed or sent by it.',
    doing: 'The rest of the console keeps working.',
    remedy: 'Open the screen again. If it happens again, copy the details for whoever looks after this console.',
  },
  sending: 'Sending: this computer',
  systemsChecked: 'being checked',
  sendingUnknown: 'Sending: —',
  sendsElsewhere: 'Not sending',
  sendBoth: 'Two computers send',
  safeMode: 'Safe mode: nothing is sent',
  storage: {
    ok: '',
    low: 'Disk nearly full',
    little: 'Disk full: imports and webhooks wait',
    'read-only': 'Nothing is written',
  },
  keychain: {
    ready: '',
    locked: 'Keychain locked',
    changed: 'Keychain changed',
    missing: 'No keychain',
    headless: '',
  },
  keychainBand: {
    locked: {
      happened: 'The keychain is locked, so no system can be reached.',
      means: () => 'Alerts are stored and go out when it is unlocked. Unlock it; nothing else is needed.',
    },
    changed: {
      happened: 'This is not the keychain the console used before.',
      means: (systems: number) =>
        `${formatCounted(systems, 'system', 'systems')} cannot be reached; alerts and deliveries are stored and wait. Sign in to this computer as before, or use this keychain and connect the systems again.`,
    },
    missing: {
      happened: 'This computer has no keychain, so no system can be reached.',
      means: () =>
        'Alerts are stored and go out when there is one. On Linux, install and start gnome-keyring or KWallet.',
    },
    headless: {
      happened: 'Nobody is signed in to a session with a keychain, so no system can be reached.',
      means: () =>
        'Alerts are stored and wait. Give the agent its secrets through its environment, or start it in a session.',
    },
  },
  copied: (address: string) => `Copied: ${address}`,
  notices: 'What was told',
  noNotices: 'Nothing was told in this window yet.',
  noNoticesMeans: 'What is done, refused or saved here is told in a bar for some seconds and stays in this list.',
  tasksTitle: 'First steps',
} as const;
