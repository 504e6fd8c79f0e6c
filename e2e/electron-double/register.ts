import { registerHooks } from 'node:module';

const double = new URL('./electron.ts', import.meta.url).href;

// `node --import register.ts out/main/desktop.js`: the built bundle finds the double where it asks for Electron.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: double, shortCircuit: true } : next(specifier, context),
});
