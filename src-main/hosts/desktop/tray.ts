import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron';
import type { AlertInTray, TraySummary } from '../../engine/engine.ts';

export type TrayShape = 'well' | 'waiting' | 'critical' | 'not-sending' | 'practice';

/** Shape, not colour, tells the state apart (ux §7). */
export function shapeOf(summary: TraySummary): TrayShape {
  if (!summary.sending) return 'not-sending';
  if (summary.worst.some(({ severity }) => severity === 'critical' || severity === 'emergency')) return 'critical';
  if (summary.practice) return 'practice';
  return summary.needsPerson > 0 || summary.waiting > 0 ? 'waiting' : 'well';
}

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** One line for the tooltip and the first menu entry. */
export function trayTitle(summary: TraySummary): string {
  const parts = [
    summary.needsPerson === 0 ? 'nothing needs you' : count(summary.needsPerson, 'thing needs you', 'things need you'),
    ...(summary.inDoubt > 0 ? [`${summary.inDoubt} in doubt`] : []),
    ...(summary.notSending === null ? [] : [`not sending: ${summary.notSending}`]),
  ];
  return `WedSync Ops${summary.practice ? ' (practice)' : ''}: ${parts.join(' · ')}`;
}

export interface TrayActions {
  readonly open: (address: string | null) => void;
  readonly acknowledge: (alert: AlertInTray) => void;
  readonly quit: () => void;
}

/** `A-1042 Emergency · Payment webhook silent`, with what can be done about it. */
function alertEntry(alert: AlertInTray, actions: TrayActions): MenuItemConstructorOptions {
  const { reference, severity, title } = alert;
  const short = title.length > 60 ? `${title.slice(0, 59)}…` : title;
  const address = `/alerts?alert=${reference}`;
  return {
    label: `${reference} ${severity.charAt(0).toUpperCase()}${severity.slice(1)} · ${short}`,
    submenu: [
      { label: `Acknowledge ${reference}`, click: () => actions.acknowledge(alert) },
      { label: `Open ${reference}`, click: () => actions.open(address) },
      { label: `Recovery steps of ${reference}`, click: () => actions.open(`${address}&at=recovery`) },
    ],
  };
}

export interface TrayIcon {
  /** False where no tray is known to work: then the window is never hidden (U34). */
  readonly works: boolean;
  show(summary: TraySummary, staysAwake: boolean): void;
  close(): void;
}

/** The tray icon, or one that does nothing where the desktop has no tray. */
export function createTray(imageFolder: string, actions: TrayActions): TrayIcon {
  const image = (shape: TrayShape) => nativeImage.createFromPath(`${imageFolder}/tray-${shape}.png`);
  let tray: Tray;
  try {
    tray = new Tray(image('well'));
  } catch {
    return { works: false, show: () => undefined, close: () => undefined };
  }
  tray.on('click', () => actions.open(null));
  return {
    works: true,
    show(summary, staysAwake) {
      const title = trayTitle(summary);
      tray.setImage(image(shapeOf(summary)));
      tray.setToolTip(title);
      tray.setContextMenu(
        Menu.buildFromTemplate([
          { label: title, enabled: false },
          { type: 'separator' },
          ...summary.worst.map((alert) => alertEntry(alert, actions)),
          ...(summary.worst.length === 0 ? [] : [{ type: 'separator' as const }]),
          { label: 'Open Ops Console', click: () => actions.open(null) },
          { label: 'Exports', click: () => actions.open('/exports') },
          { label: 'Deliveries', click: () => actions.open('/deliveries') },
          { type: 'separator' },
          {
            label: `${summary.notSending === null ? 'Sending: this computer ✓' : `Not sending: ${summary.notSending}`}        Queue ${summary.waiting}`,
            enabled: false,
          },
          ...(staysAwake ? [{ label: 'Wedding-day mode: this computer stays awake', enabled: false }] : []),
          { label: 'Quit…', click: actions.quit },
        ]),
      );
    },
    close: () => tray.destroy(),
  };
}
