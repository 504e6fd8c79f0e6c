import { expect, test } from 'vitest';
import { testClock, testLog } from '../testing/runtime.ts';
import { StoreError } from './protocol.ts';
import { watchTrouble } from './trouble.ts';

const failed = (code: string) => new StoreError({ message: 'disk I/O error', code });

test('three errors of the disk within a minute end writing, three over a longer time do not', async () => {
  const clock = testClock();
  const calm = watchTrouble(clock, testLog());
  for (let index = 0; index < 5; index += 1) {
    calm.note(failed('SQLITE_IOERR_FSYNC'));
    await clock.advance(31_000);
  }
  expect(calm.refusal).toBeNull();
  const watch = watchTrouble(clock, testLog());
  watch.note(failed('SQLITE_IOERR_FSYNC'));
  watch.note(failed('SQLITE_IOERR_WRITE'));
  expect(watch.refusal).toBeNull();
  watch.note(failed('SQLITE_IOERR_FSYNC'));
  expect(watch.refusal).toMatchObject({ code: 'READ_ONLY' });
  expect(watch.trouble).toMatchObject({ kind: 'disk' });
});

test('a damaged page ends writing at once; a busy or full database does not', () => {
  const log = testLog();
  const watch = watchTrouble(testClock(), log);
  for (let index = 0; index < 9; index += 1) {
    watch.note(failed('SQLITE_BUSY'));
    watch.note(failed('SQLITE_FULL'));
    watch.note(new Error('something else'));
  }
  expect(watch.trouble).toBeNull();
  watch.note(failed('SQLITE_CORRUPT'));
  watch.note(failed('SQLITE_CORRUPT_INDEX'));
  expect(watch.trouble).toMatchObject({ kind: 'damaged', message: expect.stringContaining('restore a backup') });
  expect(log.lines.filter(({ event }) => event === 'store.read-only')).toHaveLength(1);
});
