import { utilityProcess } from 'electron';
import type { PagesChild } from '../../platform/pages.ts';

/** The program cannot run as Node (SEC-02), so the process that drives pages is one of Electron's own kind. */
export function pagesChild(file: string): PagesChild {
  const child = utilityProcess.fork(file, [], { serviceName: 'Light Blue pages', stdio: 'ignore' });
  return {
    send: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.on('exit', () => listener()),
    kill: () => void child.kill(),
  };
}
