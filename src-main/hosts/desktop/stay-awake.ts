import { readFileSync, writeFileSync } from 'node:fs';
import { powerMonitor, powerSaveBlocker } from 'electron';

/** Of this computer, so it is kept beside the data and not in it. */
export interface StayAwake {
  /** Wedding-day mode began, goes on or is over. */
  follow(weddingDay: boolean): void;
  readonly setting: boolean;
  set(on: boolean): boolean;
  /** True: the computer is kept awake now. */
  readonly active: boolean;
  onBattery(): boolean;
  close(): void;
}

/** U43: in wedding-day mode, on mains power, the computer does not fall asleep; the screen may. On by default. */
export function createStayAwake(file: string): StayAwake {
  let setting = stored(file);
  let weddingDay = false;
  let blocker: number | null = null;

  function decide(): void {
    const wanted = setting && weddingDay && !powerMonitor.isOnBatteryPower();
    if (wanted && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    else if (!wanted && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  }
  powerMonitor.on('on-ac', decide);
  powerMonitor.on('on-battery', decide);

  return {
    follow(now) {
      weddingDay = now;
      decide();
    },
    get setting() {
      return setting;
    },
    set(on) {
      writeFileSync(file, JSON.stringify({ stayAwake: on }), { mode: 0o600 });
      setting = on;
      decide();
      return setting;
    },
    get active() {
      return blocker !== null;
    },
    onBattery: () => powerMonitor.isOnBatteryPower(),
    close() {
      weddingDay = false;
      decide();
    },
  };
}

function stored(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { stayAwake?: unknown }).stayAwake !== false;
  } catch {
    return true;
  }
}
