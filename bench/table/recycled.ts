import { severities, treatmentWord } from '../../src-renderer/features/exports/strings.ts';
import css from '../../src-renderer/ui/data-grid.module.css';
import status from '../../src-renderer/ui/status.module.css';
import { formatMoney } from '../../src-shared/format/money.ts';
import { formatDay } from '../../src-shared/format/time.ts';
import { lines, total } from './lines.ts';

const rowPx = 34;
const columns = ['', 'Date', 'Supplier', 'Description', 'Category', 'Net', 'VAT', 'Treatment', 'Check'];
const tracks =
  '34px 96px minmax(96px, 1fr) minmax(72px, 1fr) minmax(90px, 0.6fr) 106px 92px minmax(96px, 0.9fr) minmax(110px, 2.6fr)';
const paths = { block: 'M2 2h12v12H2z', warn: 'M8 1.6 15.2 14H.8z' } as const;

function element(className: string | undefined, parent: Element, text = ''): HTMLElement {
  const made = document.createElement('div');
  if (className) made.className = className;
  if (text !== '') made.textContent = text;
  parent.append(made);
  return made;
}

/** One row: its elements are made once, and say another line whenever they come to stand elsewhere. */
function row(parent: Element): (index: number) => void {
  const box = element(css.row, parent);
  const check = element(css.check, box);
  const input = document.createElement('input');
  input.type = 'checkbox';
  check.append(input);
  const cells = columns.slice(1).map(() => {
    const text = document.createTextNode('');
    const cell = element(undefined, box);
    cell.append(text);
    return { cell, text };
  });
  for (const right of [4, 5]) cells[right]?.cell.setAttribute('data-right', 'true');
  const last = cells[7];
  last?.cell.insertAdjacentHTML(
    'afterbegin',
    `<svg class="${status.shape}" width="12" height="12" viewBox="0 0 16 16" role="img"><path fill="currentColor" stroke="none"/></svg>`,
  );
  const svg = last?.cell.querySelector('svg');
  const path = last?.cell.querySelector('path');
  return (index) => {
    box.style.transform = `translateY(${index * rowPx}px)`;
    const line = lines[index];
    const found = line?.checks[0];
    if (!line || !found || found.severity === 'info') return;
    const look = severities[found.severity];
    svg?.setAttribute('data-tone', look.tone);
    path?.setAttribute('d', paths[found.severity]);
    svg?.setAttribute('aria-label', look.word);
    const texts = [
      formatDay(line.date),
      line.supplier,
      line.description,
      line.category,
      formatMoney(line.net, line.currency),
      formatMoney(line.vat, line.currency),
      treatmentWord(line.treatment),
      line.reason ?? '',
    ];
    for (const [at, text] of texts.entries()) {
      const node = cells[at]?.text;
      if (node) node.data = text;
    }
  };
}

/** The same look and the same texts under the same style sheets, by hand: the least that shows these lines. */
export function recycled(root: HTMLElement): void {
  const box = element(css.grid, root);
  box.style.setProperty('--tracks', tracks);
  const head = element(css.head, box);
  for (const title of columns) element(undefined, head, title);
  const inner = element(css.body, box);
  inner.style.height = `${total * rowPx}px`;
  const rows = Array.from({ length: Math.ceil(box.clientHeight / rowPx) + 2 }, () => row(inner));
  const shown: number[] = [];
  const draw = () => {
    const first = Math.floor(box.scrollTop / rowPx);
    for (let index = first; index < first + rows.length; index += 1) {
      const at = index % rows.length;
      if (shown[at] === index) continue;
      shown[at] = index;
      rows[at]?.(index);
    }
  };
  box.addEventListener('scroll', draw);
  draw();
}
