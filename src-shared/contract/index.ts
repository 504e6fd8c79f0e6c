import { app } from './app.ts';
import { audit } from './audit.ts';
import { exports } from './exports.ts';
import { imports } from './imports.ts';
import { settings } from './settings.ts';

/** Engine, window, agent and command line all read this one value; groups are named like the screens. */
export const contract = { app, imports, exports, audit, settings };
export type Contract = typeof contract;
