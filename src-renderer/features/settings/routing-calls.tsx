import { MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { ClockTime, type RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { api } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { Section } from '../../ui/screen.tsx';
import { channels, severities } from '../alerts/strings.ts';
import { ActButton } from '../people/role-controls.tsx';
import css from './settings.module.css';
import { routingWords } from './strings.ts';

/** A part of the form: all that is set, and how to change some of it. */
export interface RoutingPart {
  readonly routing: RoutingConfig;
  readonly set: (part: Partial<RoutingConfig>) => void;
}

/** Whose turn it is to be called; a person nobody can reach is said at once. */
export function OnCall({
  organisationId,
  routing: { rota, destinations },
  set,
}: RoutingPart & { organisationId: string }) {
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const now = useEngineNow(60_000);
  const name = (id: string) => people.data?.find((one) => one.id === id)?.name ?? id;
  const reached = new Set(destinations.map(({ personId }) => personId));
  const change = (part: Partial<NonNullable<RoutingConfig['rota']>>) => {
    const first = {
      people: [],
      startsOn: new Date(now).toISOString().slice(0, 10),
      handoverAt: '09:00',
      shiftDays: 7,
      overrides: [],
    };
    const next = { ...first, ...rota, ...part };
    set({ rota: next.people.length === 0 ? null : next });
  };
  const unreached = rota?.people.filter((id) => !reached.has(id)) ?? [];
  return (
    <Section title="On call, in turns">
      <MultiSelect
        label="People, in the order of their turns"
        data={(people.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        value={rota?.people ?? []}
        onChange={(chosen) => change({ people: chosen })}
        error={unreached.length > 0 ? `No phone or other place is theirs: ${unreached.map(name).join(', ')}` : null}
      />
      {rota && (
        <div className={css.row}>
          <DateInput
            label="First turn begins on"
            valueFormat="DD MMM YYYY"
            value={rota.startsOn}
            onChange={(startsOn) => startsOn && change({ startsOn })}
          />
          <TextInput
            label="Handover at"
            w={100}
            value={rota.handoverAt}
            error={ClockTime.safeParse(rota.handoverAt).success ? null : 'As 09:00'}
            onChange={(event) => change({ handoverAt: event.currentTarget.value })}
          />
          <NumberInput
            label="Days of a turn"
            w={110}
            min={1}
            max={28}
            clampBehavior="strict"
            value={rota.shiftDays}
            onChange={(days) => typeof days === 'number' && days >= 1 && change({ shiftDays: days })}
          />
        </div>
      )}
    </Section>
  );
}

const targets = { 'on-call': 'Whoever is on call', usual: 'The usual places', management: 'Management' } as const;

/** Who is told next, and when, as long as nobody has taken the alert (A5). */
export function Steps({ routing: { escalation, escalateFrom }, set }: RoutingPart) {
  const change = (at: number, part: Partial<RoutingConfig['escalation'][number]>) =>
    set({ escalation: escalation.map((step, index) => (index === at ? { ...step, ...part } : step)) });
  const last = escalation.at(-1);
  return (
    <Section
      title="When nobody takes it"
      aside={
        <ActButton
          call="alerts.saveRouting"
          variant="default"
          onClick={() =>
            set({
              escalation: [
                ...escalation,
                { afterSeconds: (last?.afterSeconds ?? 0) + 300, channels: ['sms'], to: 'management' },
              ],
            })
          }
        >
          Add a step
        </ActButton>
      }
    >
      <Select
        label="From this severity on"
        maw={220}
        data={Severity.options.map((value) => ({ value, label: severities[value].word }))}
        value={escalateFrom}
        onChange={(from) => set({ escalateFrom: Severity.parse(from) })}
      />
      {escalation.map((step, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the order
        <fieldset key={at} className={css.step} aria-label={`Step ${at + 1}`}>
          <NumberInput
            label={`Step ${at + 1}: after minutes`}
            w={150}
            min={0.5}
            max={1_440}
            step={1}
            clampBehavior="strict"
            value={step.afterSeconds / 60}
            onChange={(minutes) =>
              typeof minutes === 'number' && minutes >= 0.5 && change(at, { afterSeconds: Math.round(minutes * 60) })
            }
          />
          <Select
            label="Tell"
            w={180}
            data={Object.entries(targets).map(([value, label]) => ({ value, label }))}
            value={step.to}
            onChange={(to) => change(at, { to: to as keyof typeof targets })}
          />
          <MultiSelect
            label="By"
            miw={180}
            data={Channel.options.map((value) => ({ value, label: channels[value] }))}
            value={step.channels}
            onChange={(chosen) => chosen.length > 0 && change(at, { channels: Channel.array().parse(chosen) })}
          />
          <ActButton
            call="alerts.saveRouting"
            variant="default"
            size="compact-xs"
            aria-label={`Remove step ${at + 1}`}
            onClick={() => set({ escalation: escalation.filter((_, index) => index !== at) })}
          >
            Remove
          </ActButton>
        </fieldset>
      ))}
      {escalation.length === 0 && <p className={css.muted}>{routingWords.noSteps}</p>}
    </Section>
  );
}
