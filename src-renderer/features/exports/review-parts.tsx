import { Button } from '@mantine/core';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { Empty } from '../../ui/problem.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { openImport } from './import-flow.tsx';
import type { PrepareDialog } from './prepare-dialog.tsx';
import { reasonWord, words } from './strings.ts';
import { type LineFilter, type Tab, tabs } from './use-lines.ts';

export const tabWords: Record<Tab, string> = {
  review: 'To review',
  ready: 'Ready',
  excluded: 'Excluded',
  batched: 'In a batch',
  posted: 'Posted',
  all: 'All',
};

/** Lines by state, one tab each with its count. */
export function ReviewTabs({
  tab: current,
  counts,
  onTab,
}: {
  tab: Tab;
  counts: Readonly<Record<Tab, number | undefined>>;
  onTab: (tab: Tab) => void;
}) {
  return (
    <Tabs
      label="Lines by state"
      controls="lines"
      current={current}
      onChoose={onTab}
      tabs={(Object.keys(tabs) as Tab[]).map((id) => ({ id, word: tabWords[id], count: counts[id] }))}
    />
  );
}

type Summary = NonNullable<Parameters<typeof PrepareDialog>[0]['summary']>;

/** The answer line: shape, tone and words. */
export function answerOf(counts: Summary | undefined, all: number) {
  if (!counts) return { shape: 'dashed', tone: 'muted', children: words.answer.loading } as const;
  if (all === 0) return { shape: 'circle', tone: 'muted', children: words.answer.empty } as const;
  if (counts.review > 0) {
    return {
      shape: 'diamond',
      tone: 'warning',
      children: words.answer.work(counts.review, counts.ready, counts.vatInQuestion, counts.posted),
    } as const;
  }
  if (counts.ready > 0) return { shape: 'disc', tone: 'ok', children: words.answer.ready(counts.ready) } as const;
  return { shape: 'disc', tone: 'ok', children: words.answer.done(counts.batched + counts.posted) } as const;
}

/** Why the list is empty, and what to do. */
export function NothingHere({ filter, all, onClear }: { filter: LineFilter; all: number; onClear: () => void }) {
  if (filter.text !== '' || filter.period !== '' || filter.check !== '') {
    return (
      <Empty
        title={words.filteredEmpty}
        action={
          <Button variant="default" onClick={onClear}>
            Clear filter
          </Button>
        }
      >
        {[filter.text, filter.period && formatPeriod(filter.period), filter.check && reasonWord(filter.check)]
          .filter(Boolean)
          .join(' · ')}
      </Empty>
    );
  }
  if (all === 0) {
    return (
      <Empty
        title={words.tabEmpty.all}
        action={
          <ActButton call="imports.start" onClick={openImport}>
            Import a file…
          </ActButton>
        }
      >
        Drop a FOCUS cost export or a CSV file anywhere on this window. You see what is in it before anything is stored.
      </Empty>
    );
  }
  return <Empty title={words.tabEmpty[filter.tab]} />;
}
