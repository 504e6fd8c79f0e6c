import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Router } from 'wouter';
import { api, queryClient } from '../data/client.ts';
import { problemOf } from '../data/problem.ts';
import { useFragmentPath } from '../state/address.ts';
import { useSession } from '../state/session.ts';
import { ProblemNote } from '../ui/problem.tsx';
import { Skeletons } from '../ui/screen.tsx';
import { ZoneProvider } from '../ui/text.tsx';
import { theme } from '../ui/theme.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import css from './shell.module.css';
import { Shell } from './shell.tsx';
import { words } from './strings.ts';

/** Providers around everything. Colours come from tokens.css: the page's policy refuses style tags. */
export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <Router hook={useFragmentPath}>
            <Notifications position="bottom-right" limit={4} />
            <Opening />
          </Router>
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  );
}

/** Waits for the engine's first answer and settles which organisation is meant. */
function Opening() {
  const status = useQuery(api.app.status.queryOptions({ input: {} }));
  const { organisationId, set } = useSession();
  const organisations = status.data?.organisations;
  const organisation = organisations?.find(({ id }) => id === organisationId) ?? organisations?.[0];
  useEffect(() => {
    if (organisation && organisation.id !== organisationId) set({ organisationId: organisation.id });
  }, [organisation, organisationId, set]);

  if (status.data && organisation && organisation.id === organisationId) {
    return (
      <ZoneProvider value={organisation.timeZone}>
        <Shell status={status.data} organisation={organisation} />
      </ZoneProvider>
    );
  }
  return (
    <main className={css.opening}>
      {status.error && !status.data ? (
        <ProblemNote problem={problemOf(status.error)} onRetry={() => void status.refetch()} />
      ) : (
        <Skeletons rows={6} label={words.loading} />
      )}
    </main>
  );
}
