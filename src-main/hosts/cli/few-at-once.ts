/** The agent takes twenty lines from one address; people's browsers in front of it, and senders behind a tunnel, need theirs. */
const AT_ONCE = 6;

/** `fetch`, of which so many wait for an answer at a time; the others take their turn. */
export function fewAtOnce(send: typeof fetch = fetch): typeof fetch {
  const waiting: (() => void)[] = [];
  let under = 0;
  return async (input, init) => {
    if (under >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else under += 1;
    try {
      return await send(input, init);
    } finally {
      // Whoever is next takes this place over.
      const next = waiting.shift();
      if (next) next();
      else under -= 1;
    }
  };
}
