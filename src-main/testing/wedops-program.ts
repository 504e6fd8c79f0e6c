import { fileURLToPath } from 'node:url';
import { isUpToDate } from '../../scripts/built.mjs';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What `npm run wedops` runs: what was built, which starts in half the processor's time, or the sources when they are newer. */
export const wedopsProgram = isUpToDate('main/cli.js') ? at('../../out/main/cli.js') : at('../hosts/cli/main.ts');
