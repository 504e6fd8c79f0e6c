/** Members every object is asked for by the language itself or by its runtime. */
const language = new Set<PropertyKey>(['then', 'toJSON', 'constructor', 'prototype', 'inspect']);

/**
 * What the double does not play does not exist: asking for it throws and names it, so that a new use of Electron in the
 * product is either played here or fails loudly.
 */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, member) {
      if (member in object || typeof member === 'symbol' || language.has(member)) {
        const value: unknown = Reflect.get(object, member, object);
        // Bound, because private fields know the object and not the proxy before it.
        return typeof value === 'function' ? value.bind(object) : value;
      }
      throw new Error(`The Electron double does not play ${name}.${String(member)}`);
    },
  });
}

/** An event a listener may prevent. */
export function preventable<T extends object>(
  more: T,
): T & { preventDefault(): void; readonly defaultPrevented: boolean } {
  let prevented = false;
  return {
    ...more,
    preventDefault() {
      prevented = true;
    },
    get defaultPrevented() {
      return prevented;
    },
  };
}
