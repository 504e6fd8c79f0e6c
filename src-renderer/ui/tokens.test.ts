import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** The tokens of one scheme, as the page gets them. */
function tokens(scheme: 'light' | 'dark'): Map<string, string> {
  const block = css.split(`data-mantine-color-scheme="${scheme}"] {`)[1]?.split('}')[0] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test.each(['light', 'dark'] as const)('in %s, words reach 4.5:1 and shapes 3:1 on background and surface', (scheme) => {
  const all = tokens(scheme);
  const of = (name: string) => all.get(name) ?? '';
  const weak: string[] = [];
  const measure = (front: string, back: string, least: number) => {
    expect(of(front), front).not.toBe('');
    const found = contrast(of(front), of(back));
    if (found < least) weak.push(`${front} on ${back}: ${found.toFixed(2)}`);
  };
  for (const back of ['background', 'surface']) {
    for (const word of ['text', 'muted', 'ok', 'focus', 'emergency', 'critical', 'warning', 'info', 'doubt'])
      measure(word, back, 4.5);
    measure('border', back, 3);
  }
  for (const back of ['selected', 'hover']) for (const word of ['text', 'muted']) measure(word, back, 4.5);
  measure('on-action', 'action', 4.5);
  expect(weak).toEqual([]);
});
