import { expect, test } from 'vitest';
import { suggestionsFor } from './suggestions.ts';

test('an unknown vendor may be one we know: by e-mail, then domain, then name', () => {
  const known = [
    { id: 'a', name: 'Lens & Light Ltd', email: 'hello@lens.example' },
    { id: 'b', name: 'Petal Events', email: 'x@gmail.com' },
  ];
  const asked = (name: string, email: string) =>
    suggestionsFor({ id: 'n', name, email }, known).map(({ vendorId, why }) => [vendorId, why]);
  expect(asked('Somebody', 'HELLO@lens.example')).toEqual([['a', 'the same e-mail']]);
  expect(asked('Somebody', 'other@lens.example')).toEqual([['a', 'the same domain, lens.example']]);
  expect(asked('lens and light', '')).toEqual([['a', 'the same name']]);
  expect(asked('Somebody', 'y@gmail.com')).toEqual([]);
});
