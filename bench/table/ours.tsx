import { QueryClientProvider } from '@tanstack/react-query';
import { useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { api, queryClient } from '../../src-renderer/data/client.ts';
import { LineGrid } from '../../src-renderer/features/exports/line-grid.tsx';
import { type LineFilter, useLines } from '../../src-renderer/features/exports/use-lines.ts';
import type { GridHandle } from '../../src-renderer/ui/data-grid.tsx';
import { lines, total } from './lines.ts';

const organisationId = 'bench';
const filter: LineFilter = { tab: 'review', text: '', period: '', check: '' };
const limit = 200;
const onOpen = () => undefined;

/** The review list of the finance desk as it stands there: its columns, its cells, its pages out of the page's cache. */
function Review() {
  const handle = useRef<GridHandle>(null);
  const shown = useLines(organisationId, filter);
  return (
    <LineGrid
      organisationId={organisationId}
      filter={filter}
      lines={shown}
      openId={null}
      onOpen={onOpen}
      handle={handle}
    />
  );
}

/** Every page has been read before: what is measured is the list, not the agent. */
export function prepare(): void {
  for (let offset = 0; offset < total; offset += limit) {
    const input = { organisationId, filter: { states: ['review' as const] }, offset, limit };
    queryClient.setQueryData(api.exports.lines.queryOptions({ input }).queryKey, {
      rows: lines.slice(offset, offset + limit),
      total,
    });
  }
}

export function ours(root: HTMLElement): void {
  createRoot(root).render(
    <QueryClientProvider client={queryClient}>
      <Review />
    </QueryClientProvider>,
  );
}
