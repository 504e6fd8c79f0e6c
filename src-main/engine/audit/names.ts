import type { z } from 'zod';

/** A person as the record knows them; `name` is '' once they are erased. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

const referenceTo = (id: string) => `person:${id}`;
const erased = 'erased person';

/**
 * Puts a reference in the place of each person's name, so that the chain itself holds none. `who` finds a name anywhere in
 * the text; the others a text that is a name, and a name of several words inside one (a person called May is not May).
 */
export function withoutNames(people: readonly Named[]) {
  const known = people.filter(({ name }) => name !== '').toSorted((a, b) => b.name.length - a.name.length);
  const inside = (text: string, whose: readonly Named[]) =>
    whose.reduce(
      (sofar, { id, name }) => (sofar.includes(name) ? sofar.replace(wordsOf(name), referenceTo(id)) : sofar),
      text,
    );
  const severalWords = known.filter(({ name }) => name.includes(' '));

  function textOf(text: string): string {
    const whole = known.find(({ name }) => name === text);
    return whole ? referenceTo(whole.id) : inside(text, severalWords);
  }
  return {
    who: (text: string) => (text.startsWith('person:') ? text : inside(text, known)),
    text: textOf,
    /** `json`: the text of a value; its keys stay. */
    json: (json: string) => JSON.stringify(textsOf(JSON.parse(json), textOf)),
  };
}

/** The way back, for screens: a reference becomes the present name, or says that its person is erased. */
export function withNames(people: readonly Named[]) {
  const names = new Map(people.map(({ id, name }) => [id, name === '' ? erased : name]));
  const text = (given: string) =>
    given.replaceAll(/person:([\w-]+)/g, (reference, id: string) => names.get(id) ?? reference);
  return { text, value: (given: z.core.util.JSONType) => textsOf(given, text) };
}

function textsOf(given: z.core.util.JSONType, change: (text: string) => string): z.core.util.JSONType {
  if (typeof given === 'string') return change(given);
  if (Array.isArray(given)) return given.map((inner) => textsOf(inner, change));
  if (given === null || typeof given !== 'object') return given;
  return Object.fromEntries(Object.entries(given).map(([key, inner]) => [key, textsOf(inner, change)]));
}

function wordsOf(name: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu');
}
