import { quickbooksSandbox } from '../adapters/quickbooks/sandbox.ts';
import { taveSandbox } from '../adapters/tave/sandbox.ts';
import { xeroSandbox } from '../adapters/xero/sandbox.ts';
import type { SandboxSystem } from './kit.ts';

/** Everything the sandbox plays, in the order of the systems list. */
export const sandboxSystems: readonly SandboxSystem[] = [xeroSandbox, quickbooksSandbox, taveSandbox];
