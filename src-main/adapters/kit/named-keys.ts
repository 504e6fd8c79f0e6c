/**
 * Several keys in one secret: `default-key`, or `name=key name2=key2` separated by spaces, commas or lines. A key alone
 * is called `default`.
 * @returns null when a part has another form or a name stands twice
 */
export function namedKeys(text: string, key: RegExp): ReadonlyMap<string, string> | null {
  const keys = new Map<string, string>();
  for (const part of text.split(/[\s,;]+/).filter((each) => each !== '')) {
    // A key may contain "=" itself, so a part that is a whole key is one.
    const at = key.test(part) ? -1 : part.indexOf('=');
    const name = at < 0 ? 'default' : part.slice(0, at);
    const value = part.slice(at + 1);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || !key.test(value) || keys.has(name)) return null;
    keys.set(name, value);
  }
  return keys;
}

/** The key of that name; the only one, whatever it is called, when `default` is asked for. */
export function keyNamed(keys: ReadonlyMap<string, string>, name: string): string | null {
  const [only] = keys.values();
  return keys.get(name) ?? (name === 'default' && keys.size === 1 ? (only ?? null) : null);
}
