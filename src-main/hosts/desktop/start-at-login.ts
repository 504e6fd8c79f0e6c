import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { app } from 'electron';

const name = 'wedsync-ops.desktop';

function autostartFile(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'autostart', name);
}

/** The real state, also when the operating system or the person changed it elsewhere (ux §13). */
export function startsAtLogin(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings().openAtLogin;
  try {
    return !/^(Hidden=true|X-GNOME-Autostart-enabled=false)$/m.test(readFileSync(autostartFile(environment), 'utf8'));
  } catch {
    return false;
  }
}

/** Minimised to the tray; Windows and macOS keep it themselves, Linux in an autostart entry. Answers the state afterwards. */
export function setStartAtLogin(on: boolean, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: ['--hidden'] });
    return startsAtLogin(environment);
  }
  const file = autostartFile(environment);
  if (!on) rmSync(file, { force: true });
  else {
    mkdirSync(join(file, '..'), { recursive: true });
    // An AppImage is started by its own path, not by what it unpacks itself to.
    const program = environment.APPIMAGE ?? process.execPath;
    const words = app.isPackaged ? [program, '--hidden'] : [program, app.getAppPath(), '--hidden'];
    const exec = words.map((word) => `"${word.replaceAll(/(["\\`$])/g, '\\$1')}"`).join(' ');
    writeFileSync(file, `[Desktop Entry]\nType=Application\nName=WedSync Ops\nExec=${exec}\nTerminal=false\n`);
  }
  return startsAtLogin(environment);
}
