import { Button, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import css from './alerts.module.css';

/** The incident in words, written from the timelines; edited here, saved as PDF or text. */
export function ReportScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const alertIds = (address.get('ids') ?? '').split(',').filter(Boolean).slice(0, 50);
  const report = useQuery({
    ...api.alerts.report.queryOptions({ input: { organisationId, alertIds } }),
    enabled: alertIds.length > 0,
    // What is being edited does not change under the hand.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const [edited, setEdited] = useState<{ title?: string; text?: string }>({});
  const [busy, setBusy] = useState(false);
  const title = edited.title ?? report.data?.title ?? '';
  const text = edited.text ?? report.data?.text ?? '';
  const pdf = async () => {
    setBusy(true);
    await attempt(async () => {
      const { name, download } = await client.alerts.reportPdf({ organisationId, title, text });
      return saveAs(name, { handle: download });
    });
    setBusy(false);
  };
  const none = report.data ? null : 'The report is not there yet.';
  useCommands([
    {
      id: 'report-pdf',
      title: 'Save the report as PDF',
      group: 'Alerts',
      keys: ['mod+p'],
      unavailable: none,
      run: () => void pdf(),
    },
    {
      id: 'report-text',
      title: 'Save the report as text',
      group: 'Alerts',
      keys: ['mod+s'],
      unavailable: none,
      run: () => void saveAs('incident-report.md', { text }),
    },
  ]);
  return (
    <div className={css.page}>
      <AnswerLine
        of={alertIds.length === 0 ? undefined : report}
        shape="pencil"
        tone="neutral"
        action={
          <>
            <a className={css.back} href="#/alerts">
              Back to alerts
            </a>
            <Button
              variant="default"
              disabled={!report.data}
              onClick={() => void saveAs('incident-report.md', { text })}
            >
              Save as text
            </Button>
            <Button disabled={!report.data} loading={busy} onClick={() => void pdf()}>
              Save as PDF
            </Button>
          </>
        }
      >
        {report.data ? title : alertIds.length === 0 ? 'No alert is chosen for a report.' : 'Writing the report.'}
      </AnswerLine>
      <div className={css.report}>
        {report.error && !report.data && (
          <ProblemNote problem={problemOf(report.error)} onRetry={() => void report.refetch()} />
        )}
        {alertIds.length === 0 && (
          <Empty title="Choose alerts first">Mark one or more alerts in the list, then choose “Incident report”.</Empty>
        )}
        {report.isPending && alertIds.length > 0 && <Skeletons rows={10} label="Writing the report." />}
        {report.data && (
          <>
            <TextInput
              label="Title"
              value={title}
              maxLength={200}
              onChange={(event) => setEdited({ ...edited, title: event.currentTarget.value })}
            />
            <Textarea
              label="Text"
              description="Written from the timelines; correct and add what only people know."
              classNames={{ input: css.reportText ?? '' }}
              value={text}
              onChange={(event) => setEdited({ ...edited, text: event.currentTarget.value })}
            />
          </>
        )}
      </div>
    </div>
  );
}
