import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeRecoveryCode, readRecoveryCode, recoveryIdOf } from './recovery-code.ts';

const typed = (text: string) => readRecoveryCode(text);

test('a code is seven groups of four, no two alike, and means the same however it is typed', () => {
  const code = makeRecoveryCode();
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(makeRecoveryCode()).not.toBe(code);
  const read = typed(code);
  expect(read).toEqual({ key: expect.any(String) });
  const handwritten = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
  expect(typed(handwritten)).toEqual(read);
});

test('every single wrong character and every two that changed places are told as a typing error', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const plain = makeRecoveryCode().replaceAll('-', '');
  fc.assert(
    fc.property(fc.nat(27), fc.nat(31), fc.nat(26), (at, letter, swap) => {
      const other = alphabet.charAt(letter);
      if (other !== plain.charAt(at)) {
        expect(typed(plain.slice(0, at) + other + plain.slice(at + 1))).toHaveProperty('mistyped');
      }
      if (plain.charAt(swap) !== plain.charAt(swap + 1)) {
        const swapped = plain.slice(0, swap) + plain.charAt(swap + 1) + plain.charAt(swap) + plain.slice(swap + 2);
        expect(typed(swapped)).toHaveProperty('mistyped');
      }
    }),
    { numRuns: 500 },
  );
  expect(typed(plain.slice(1))).toEqual({ mistyped: 'it has 27 characters, not 28' });
  expect(typed(`${plain.slice(0, 27)}U`)).toEqual({ mistyped: 'no code has the letter U' });
});

test('a passphrase is not taken for a code, and two codes have nothing in common', () => {
  expect(typed('four quiet barns by the sea')).toBeNull();
  expect(typed('1 short one')).toBeNull();
  const [one, two] = [typed(makeRecoveryCode()), typed(makeRecoveryCode())];
  if (!one || !two || !('key' in one && 'key' in two)) throw new Error('not read');
  expect(recoveryIdOf(one.key).equals(recoveryIdOf(two.key))).toBe(false);
});
