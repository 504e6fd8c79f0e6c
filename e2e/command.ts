import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wedopsProgram } from '../src-main/testing/wedops-program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs one `wedops` command on the folder of a running console and gives its JSON value; throws when it ended badly. */
export function wedops<T = unknown>(folder: string, ...words: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [wedopsProgram, ...words, '--json', '--data', folder], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    child.once('close', (code) => {
      // 1 is an answer too: a pre-flight that is not green, say.
      if (code === 0 || (code === 1 && out !== '')) resolve(JSON.parse(out) as T);
      else reject(new Error(`wedops ${words[0]} ended with ${code}: ${errors.slice(0, 500)}`));
    });
  });
}
