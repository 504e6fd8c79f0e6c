import { Autocomplete, Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { MomentInput, momentOf, wallTime } from '../../ui/moment-input.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Section, Skeletons } from '../../ui/screen.tsx';
import { useZone } from '../../ui/text.tsx';
import css from './alerts.module.css';
import { RouteSteps } from './route-steps.tsx';
import { severities, severityOrder } from './strings.ts';

/** Who would be told, at any moment: asked of the code that tells. */
export function PreviewScreen() {
  const organisationId = useOrganisationId();
  const zone = useZone();
  const address = useAddress();
  const now = useEngineNow(60_000);
  const [severity, setSeverity] = useState<Severity>(() => Severity.catch('warning').parse(address.get('severity')));
  const [venue, setVenue] = useState(address.get('venue') ?? '');
  const [source, setSource] = useState('');
  const [wall, setWall] = useState(() => wallTime(now, zone));
  const at = momentOf(wall, zone);
  const iso = at === null ? undefined : new Date(at).toISOString();
  const weekend = useQuery(api.weekend.view.queryOptions({ input: { organisationId } }));
  const preview = useQuery(
    api.alerts.preview.queryOptions({
      input: {
        organisationId,
        severity,
        ...(venue.trim() === '' ? {} : { venue: venue.trim() }),
        ...(source.trim() === '' ? {} : { source: source.trim() }),
        ...(iso === undefined ? {} : { at: iso }),
      },
    }),
  );
  const moment = useQuery(
    api.weekend.at.queryOptions({ input: { organisationId, ...(iso === undefined ? {} : { at: iso }) } }),
  );
  const saturday = nextSaturday(now, zone);
  useCommands([
    {
      id: 'preview-saturday',
      title: 'Who would be told next Saturday at 14:00',
      group: 'Alerts',
      run: () => setWall(saturday),
    },
  ]);
  const places = new Set(
    preview.data?.steps.filter(({ step }) => step === 0).map(({ channel, recipient }) => `${channel} ${recipient}`),
  );
  const when = iso === undefined ? '' : formatInstant(iso, zone);
  return (
    <div className={css.page}>
      <AnswerLine
        of={preview}
        shape={severities[severity].shape}
        tone={severities[severity].tone}
        action={
          <a className={css.back} href="#/alerts">
            Back to alerts
          </a>
        }
      >
        {preview.data
          ? `${severities[severity].word} on ${when}: ${formatCounted(places.size, 'place is', 'places are')} told at once.`
          : 'Looking up who would be told.'}
      </AnswerLine>
      <div className={css.columns}>
        <form className={css.form} onSubmit={(event) => event.preventDefault()} aria-label="What is asked">
          <Select
            label="Severity as reported"
            data={severityOrder.map((value) => ({ value, label: severities[value].word }))}
            value={severity}
            onChange={(value) => setSeverity(Severity.catch('warning').parse(value))}
          />
          <Autocomplete
            label="Venue"
            size="xs"
            placeholder="Any"
            data={[...new Set((weekend.data?.ceremonies ?? []).map((each) => each.venue))].sort()}
            value={venue}
            onChange={setVenue}
          />
          <TextInput
            label="Source"
            placeholder="Any"
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
          <MomentInput label="Moment" value={wall} onChange={setWall} />
          <div className={css.actions}>
            <Button variant="default" size="compact-sm" onClick={() => setWall(wallTime(now, zone))}>
              Now
            </Button>
            <Button variant="default" size="compact-sm" onClick={() => setWall(saturday)}>
              Next Saturday 14:00
            </Button>
          </div>
          {moment.data && (
            <p className={css.muted}>
              {moment.data.weddingDay.active ? 'Wedding day' : 'Not a wedding day'}
              {moment.data.saturdayProtection && ', Saturday protection'}
              {moment.data.peakHours && ', peak hours'}.{' '}
              {formatCounted(moment.data.weddingsToday, 'wedding', 'weddings')} that day.
            </p>
          )}
        </form>
        <div className={css.stack}>
          {preview.error && !preview.data && (
            <ProblemNote problem={problemOf(preview.error)} onRetry={() => void preview.refetch()} />
          )}
          {preview.isPending && <Skeletons rows={6} label="Looking up who would be told." />}
          {preview.data && (
            <>
              <Section title="Who, and when">
                <RouteSteps preview={preview.data} />
              </Section>
              <Section title="Why">
                <ol className={css.chain}>
                  {preview.data.reasons.map((reason) => (
                    <li key={reason}>{reason}</li>
                  ))}
                </ol>
              </Section>
            </>
          )}
        </div>
      </div>
    </div>
  );
}

/** Wall time of the coming Saturday (today, when it is one), 14:00. */
function nextSaturday(now: number, zone: string): string {
  const day = 86_400_000;
  const wall = (at: number) => wallTime(at, zone);
  for (let ahead = 0; ahead < 7; ahead += 1) {
    const date = wall(now + ahead * day).slice(0, 10);
    if (new Date(`${date}T12:00:00Z`).getUTCDay() === 6) return `${date}T14:00`;
  }
  return wall(now);
}
