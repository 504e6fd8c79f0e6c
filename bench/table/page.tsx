import '@mantine/core/styles.css';
import '@mantine/dates/styles.css';
import '@mantine/charts/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '../../src-renderer/ui/tokens.css';
import { ours, prepare } from './ours.tsx';
import { recycled } from './recycled.ts';

/** `?side=ours` the console's own review list, `?side=recycled` a list by hand that moves the same few elements about. */
const root = document.getElementById('root') as HTMLElement;
const side = new URLSearchParams(location.search).get('side') === 'ours' ? ours : recycled;
prepare();

const began = performance.now();
side(root);

/** Milliseconds until the frame with the first rows is laid out and painted: the first task behind it. */
const painted = new Promise<number>((resolve) => {
  const behind = new MessageChannel();
  behind.port1.onmessage = () => resolve(performance.now() - began);
  const look = () => {
    if (root.textContent?.includes('Supplier 1 Ltd')) behind.port2.postMessage(null);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});

/** Scrolls for three seconds: the times between frames, and the most DOM nodes seen. */
async function scroll(): Promise<{ times: number[]; nodes: number }> {
  const box = [...document.querySelectorAll<HTMLElement>('*')].find(
    (one) => one.scrollHeight > 100_000 && getComputedStyle(one).overflowY !== 'visible',
  );
  if (!box) throw new Error('nothing scrolls');
  const times: number[] = [];
  let nodes = 0;
  let last = performance.now();
  const until = last + 3_000;
  while (performance.now() < until) {
    box.scrollTop += 173;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const now = performance.now();
    times.push(now - last);
    last = now;
    nodes = Math.max(nodes, root.querySelectorAll('*').length);
  }
  return { times, nodes };
}

Object.assign(window, { painted, scrolled: () => painted.then(scroll) });
