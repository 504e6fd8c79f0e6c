import { EventEmitter } from 'node:events';
import type * as Electron from 'electron';

type Permissions = Pick<
  Electron.Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setSpellCheckerEnabled'
>;
type Request = NonNullable<Parameters<Permissions['setPermissionRequestHandler']>[0]>;
type Check = NonNullable<Parameters<Permissions['setPermissionCheckHandler']>[0]>;
type Device = NonNullable<Parameters<Permissions['setDevicePermissionHandler']>[0]>;

export class SessionDouble extends EventEmitter implements Permissions {
  readonly handlers = new Map<string, (request: globalThis.Request) => Response | Promise<Response>>();
  readonly protocol = {
    handle: (scheme: string, handler: (request: globalThis.Request) => Response | Promise<Response>) => {
      this.handlers.set(scheme, handler);
    },
  };
  spellChecker = true;
  #request: Request | null = null;
  #check: Check | null = null;
  #device: Device | null = null;

  setPermissionRequestHandler(handler: Request | null): void {
    this.#request = handler;
  }
  setPermissionCheckHandler(handler: Check | null): void {
    this.#check = handler;
  }
  setDevicePermissionHandler(handler: Device | null): void {
    this.#device = handler;
  }
  setDisplayMediaRequestHandler(): void {}
  setSpellCheckerEnabled(enabled: boolean): void {
    this.spellChecker = enabled;
  }

  /** What Electron would do when a page asks: allowed unless a handler says no. */
  ask(permission: string, origin: string): { request: boolean; check: boolean; device: boolean } {
    let granted = true;
    this.#request?.(
      null as unknown as Electron.WebContents,
      permission as Parameters<Request>[1],
      (answer) => {
        granted = answer;
      },
      { requestingUrl: `${origin}/`, isMainFrame: true } as Electron.PermissionRequest,
    );
    return {
      request: granted,
      check:
        this.#check?.(null, permission as Parameters<Check>[1], origin, {
          isMainFrame: true,
        } as Electron.PermissionCheckHandlerHandlerDetails) ?? true,
      device: this.#device?.({} as Electron.DevicePermissionHandlerHandlerDetails) ?? true,
    };
  }
}
