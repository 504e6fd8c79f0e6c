import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Markdown from 'markdown-to-jsx';
import { useEffect } from 'react';
import { create } from 'zustand';
import css from './help.module.css';
import { ProblemNote } from './problem.tsx';
import { Skeletons } from './screen.tsx';

/** The handbook, read when somebody opens a page of it; its texts are part of the program. */
const pages = import.meta.glob<string>('../../resources/help/*.md', { query: '?raw', import: 'default' });

const useHelp = create<{ readonly address: string | null }>(() => ({ address: null }));

const pageOf = (address: string) => address.split('#')[0] ?? '';
const loaderOf = (address: string) => pages[`../../resources/help/${pageOf(address)}`];

/** True when the text is the address of a page of the handbook, such as `xero.md#sign-in`, and not a sentence. */
export const isHelpAddress = (text: string): boolean => /^[\w-]+\.md(#[\w-]+)?$/.test(text);

/** False: this build has no such page. */
export const hasHelp = (address: string): boolean => loaderOf(address) !== undefined;

/** Opens a page of the handbook beside the screen, at its heading when the address names one. */
export const openHelp = (address: string) => useHelp.setState({ address });

/** The drawer with the handbook; one for the whole window. */
export function HelpDrawer() {
  const address = useHelp((help) => help.address);
  const page = address === null ? null : pageOf(address);
  const query = useQuery({
    queryKey: ['help', page],
    queryFn: () => loaderOf(page ?? '')?.() ?? Promise.reject(new Error('There is no such page.')),
    enabled: page !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const anchor = address?.split('#')[1];
  useEffect(() => {
    if (query.data !== undefined && anchor) document.getElementById(`help-${anchor}`)?.scrollIntoView();
  }, [query.data, anchor]);
  return (
    <Drawer
      opened={address !== null}
      onClose={() => useHelp.setState({ address: null })}
      position="right"
      size="md"
      title="Help"
      closeButtonProps={{ 'aria-label': 'Close help' }}
    >
      {query.error && (
        <ProblemNote
          problem={{ happened: 'This page of the handbook cannot be read.' }}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isLoading && <Skeletons rows={8} label="Reading the handbook." />}
      {query.data !== undefined && (
        <article className={css.page}>
          <Markdown options={options}>{query.data}</Markdown>
        </article>
      )}
    </Drawer>
  );
}

/** Text only: no HTML of a page is ever taken, and a link is shown as what it says. */
const options = {
  disableParsingRawHTML: true,
  slugify: (heading: string) =>
    `help-${heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s+/g, '-')}`,
  overrides: {
    a: ({ children }: { children: React.ReactNode }) => <span>{children}</span>,
    h1: ({ children, id }: { children: React.ReactNode; id: string }) => <h2 id={id}>{children}</h2>,
    h2: ({ children, id }: { children: React.ReactNode; id: string }) => <h3 id={id}>{children}</h3>,
    table: ({ children }: { children: React.ReactNode }) => (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44)
      <section className={css.table} tabIndex={0} aria-label="Table">
        <table>{children}</table>
      </section>
    ),
  },
};
