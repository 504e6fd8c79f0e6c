// Runs in the page before anything else, then runs the real preload. Electron's own ends of ipcRenderer, contextBridge and
// webUtils, over one binding to the process that plays Electron. `PRELOAD` is replaced by the built preload's text.
(() => {
  if (window.top !== window) return;
  const call = window.__electronDouble;
  const listeners = new Map();
  const ports = new Map();
  let lastPort = 0;
  const encode = (data) => {
    if (typeof data === 'string') return { text: data };
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (!(bytes instanceof Uint8Array)) return { json: data };
    return { bytes: btoa(String.fromCharCode(...bytes)) };
  };
  const decode = (message) => {
    if ('text' in message) return message.text;
    if ('json' in message) return message.json;
    return Uint8Array.from(atob(message.bytes), (character) => character.charCodeAt(0));
  };
  window.__electronDoubleHear = (kind, name, message) => {
    if (kind === 'port') ports.get(name)?.postMessage(decode(message));
    if (kind === 'ipc') for (const listener of listeners.get(name) ?? []) listener({ sender: null }, ...message);
  };
  const ipcRenderer = {
    invoke: (channel, ...input) => call('invoke', channel, input),
    postMessage(channel, message, given = []) {
      const ids = given.map((port) => {
        const id = `port-${++lastPort}`;
        ports.set(id, port);
        port.onmessage = (event) => void call('port', id, encode(event.data));
        return id;
      });
      void call('post', channel, { message, ids });
    },
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    off(channel, listener) {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((other) => other !== listener),
      );
      return ipcRenderer;
    },
  };
  const freeze = (value) => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
    return Object.freeze(value);
  };
  const electron = {
    ipcRenderer,
    contextBridge: {
      exposeInMainWorld(name, api) {
        Object.defineProperty(window, name, { value: freeze({ ...api }), writable: false, configurable: false });
      },
    },
    // Chromium does not tell a page where a file lies; the test names the paths of the files it drops.
    webUtils: { getPathForFile: (file) => window.__electronDoublePaths?.[file.name] ?? '' },
  };
  const module = { exports: {} };
  // biome-ignore lint/correctness/noUnusedFunctionParameters: the preload uses them
  ((require, module, exports, process) => {
    PRELOAD;
  })(
    (name) => {
      if (name !== 'electron') throw new Error(`A sandboxed preload cannot load ${name}`);
      return electron;
    },
    module,
    module.exports,
    { platform: PLATFORM },
  );
})();
