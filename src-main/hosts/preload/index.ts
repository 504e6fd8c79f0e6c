import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { FilePurpose, HostBridge } from '../../../src-shared/contract/host-bridge.ts';
import { CONNECT } from '../../../src-shared/contract/host-names.ts';
import { channels } from '../desktop/channels.ts';

// The page offers one end of a message channel; the contract runs over it and over nothing else (SEC-14).
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data !== CONNECT || event.ports.length !== 1) return;
  ipcRenderer.postMessage(channels.connect, null, [...event.ports]);
});

const bridge: HostBridge = {
  host: 'desktop',
  platform: process.platform,
  chooseFiles: (purpose: FilePurpose) => ipcRenderer.invoke(channels.choose, purpose),
  async offerDropped(file) {
    if (!(file instanceof File)) return null;
    // Empty for anything that is not a file on this disk, so a page cannot name a path of its own.
    const path = webUtils.getPathForFile(file);
    return path === '' ? null : ipcRenderer.invoke(channels.dropped, path);
  },
  saveAs: (suggestedName, content) => ipcRenderer.invoke(channels.save, suggestedName, content),
  openExternal: (url) => ipcRenderer.invoke(channels.external, url),
  startAtLogin: (on) => ipcRenderer.invoke(channels.login, on),
  stayAwake: (on) => ipcRenderer.invoke(channels.awake, on),
  notifies: () => ipcRenderer.invoke(channels.notifies),
  onNavigate(listener) {
    const hear = (_event: unknown, address: unknown) => {
      if (typeof address === 'string') listener(address);
    };
    ipcRenderer.on(channels.navigate, hear);
    return () => {
      ipcRenderer.off(channels.navigate, hear);
    };
  },
};

contextBridge.exposeInMainWorld('wedsync', Object.freeze(bridge));
