import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatBytes } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Facts } from '../../ui/text.tsx';
import { KeychainSection } from './keychain-section.tsx';
import css from './settings.module.css';

const keychainWords = {
  ready: 'Ready',
  locked: 'Locked: unlock it, and work goes on by itself',
  changed: 'Another one than before',
  missing: 'Not found on this computer',
  headless: 'None in this session: give secrets as environment variables',
} as const;

/** How this console itself is, and the bundle for whoever helps: read here before it leaves. */
export function DiagnosticsSection() {
  const status = useQuery(api.app.status.queryOptions({ input: {} }));
  const query = useQuery(api.systems.diagnosticsPreview.queryOptions({ input: {}, staleTime: 0 }));
  const [open, setOpen] = useState<string | null>(null);
  const files = query.data?.files ?? [];
  const shown = files.find(({ name }) => name === open);
  const save = () =>
    attempt(async () => {
      const { handle, name } = await client.systems.diagnosticsSave({});
      return saveAs(name, { handle });
    });
  return (
    <div className={css.stack}>
      <h2>Diagnostics</h2>
      {status.data && (
        <Facts
          rows={[
            ['Version', status.data.version],
            ['Runs as', status.data.host],
            ['Data folder', status.data.dataFolder],
            ['Keychain', keychainWords[status.data.keychain]],
            ['Safe mode', status.data.safeMode ? 'On: nothing is sent or received' : 'Off'],
          ]}
        />
      )}
      <KeychainSection />
      <Section title="Bundle for whoever helps">
        <p>
          No secret, no name of a person, couple or venue, no amount and no body of a message is in it. It is saved on
          this computer; the console never sends it.
        </p>
        {query.error && <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />}
        {query.isPending && <Skeletons rows={4} label="Gathering the files." />}
        {query.data && (
          <>
            <PlainTable
              label="Files of the bundle"
              head={[{ text: 'File' }, { text: 'Size', right: true }, { text: 'Look' }]}
            >
              {files.map(({ name, bytes }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td data-right>{formatBytes(bytes)}</td>
                  <td>
                    <Button
                      variant="default"
                      size="compact-xs"
                      aria-expanded={name === open}
                      aria-label={`View ${name}`}
                      onClick={() => setOpen(name === open ? null : name)}
                    >
                      {name === open ? 'Hide' : 'View'}
                    </Button>
                  </td>
                </tr>
              ))}
            </PlainTable>
            {shown && (
              <section aria-label={shown.name}>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44) */}
                <pre className={css.file} tabIndex={0}>
                  {shown.text}
                </pre>
              </section>
            )}
            <div className={css.row}>
              <Button onClick={() => void save()}>Save the bundle…</Button>
            </div>
          </>
        )}
      </Section>
    </div>
  );
}
