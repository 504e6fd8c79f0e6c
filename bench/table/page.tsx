import { createRoot } from 'react-dom/client';
import css from '../../src-renderer/ui/data-grid.module.css';
import { DataGrid } from '../../src-renderer/ui/data-grid.tsx';
import '../../src-renderer/ui/tokens.css';

/** `?side=ours` the console's own grid, `?side=recycled` a list by hand that moves the same few elements about. */
const total = 100_000;
const cells = (index: number) => [
  `N-${index}`,
  `Supplier ${index % 700} Ltd`,
  '2026-10-15',
  'Software',
  `£${index}.00`,
  'ready',
];
const root = document.getElementById('root') as HTMLElement;

/** As in the console: a row that is known stays the same object. */
const lines = Array.from({ length: total }, (_, index) => ({ index, texts: cells(index) }));
type Row = (typeof lines)[number];
const rowAt = (index: number) => lines[index];
const idOf = (row: Row) => String(row.index);
const onCursor = () => undefined;

const titles = ['Number', 'Supplier', 'Date', 'Category', 'Gross', 'State'];

function ours(): void {
  const columns = titles.map((title, at) => ({
    id: title,
    title,
    track: '1fr',
    cell: (row: Row) => row.texts[at],
  }));
  createRoot(root).render(
    <DataGrid label="Lines" columns={columns} total={total} rowAt={rowAt} idOf={idOf} cursor={0} onCursor={onCursor} />,
  );
}

/** The same look and the same texts: the same style sheet. */
function recycled(): void {
  const rowPx = 34;
  const element = (className: string | undefined, parent: HTMLElement, texts: readonly string[] = []) => {
    const made = document.createElement('div');
    if (className) made.className = className;
    for (const text of texts) made.append(Object.assign(document.createElement('div'), { textContent: text }));
    parent.append(made);
    return made;
  };
  const box = element(css.grid, root);
  box.style.setProperty('--tracks', titles.map(() => '1fr').join(' '));
  element(css.head, box, titles);
  const inner = element(css.body, box);
  inner.style.height = `${total * rowPx}px`;
  const rows = Array.from({ length: Math.ceil(box.clientHeight / rowPx) + 2 }, () =>
    element(
      css.row,
      inner,
      titles.map(() => ''),
    ),
  );
  const draw = () => {
    const first = Math.floor(box.scrollTop / rowPx);
    rows.forEach((row, offset) => {
      const index = first + offset;
      row.style.transform = `translateY(${index * rowPx}px)`;
      const values = lines[index]?.texts ?? [];
      for (let at = 0; at < 6; at += 1) (row.children[at] as HTMLElement).textContent = values[at] ?? '';
    });
  };
  box.addEventListener('scroll', draw);
  draw();
}

const began = performance.now();
(new URLSearchParams(location.search).get('side') === 'ours' ? ours : recycled)();

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

/** Scrolls for three seconds; the 95th percentile of the time between frames, and the most DOM nodes seen. */
async function scroll(): Promise<{ p95: number; nodes: number }> {
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
  times.sort((a, b) => a - b);
  return { p95: times[Math.floor(times.length * 0.95)] ?? 0, nodes };
}

Object.assign(window, { painted, scrolled: () => painted.then(scroll) });
