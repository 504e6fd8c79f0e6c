import { Checkbox, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import {
  ClockTime,
  defaultRouting,
  ON_CALL,
  type RoutingConfig,
} from '../../../src-shared/domain/alert/routing-config.ts';
import { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { channels, severities, severityOrder } from '../alerts/strings.ts';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { PlaceDialog } from './place-dialog.tsx';
import { toggled, toldAtOnce, withoutPlace } from './routing.ts';
import { SetBy } from './set-by.tsx';
import css from './settings.module.css';
import { routingWords, words } from './strings.ts';

type Set = (part: Partial<RoutingConfig>) => void;
interface Part {
  readonly routing: RoutingConfig;
  readonly set: Set;
}

/** Where alerts go, who is called when nobody takes them, and who is on call. */
export function RoutingSection({ organisationId }: { organisationId: string }) {
  const query = useQuery(api.alerts.routing.queryOptions({ input: { organisationId }, staleTime: 0 }));
  if (query.error && !query.data)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeletons rows={8} label={words.reading} />;
  return <RoutingForm key={JSON.stringify(query.data)} organisationId={organisationId} saved={query.data} />;
}

function RoutingForm({ organisationId, saved }: { organisationId: string; saved: RoutingConfig }) {
  const [routing, setRouting] = useState(saved);
  const [busy, setBusy] = useState(false);
  const set: Set = (part) => setRouting({ ...routing, ...part });
  const dirty = JSON.stringify(routing) !== JSON.stringify(saved);
  const rota =
    routing.rota === null || (routing.rota.people.length > 0 && ClockTime.safeParse(routing.rota.handoverAt).success);
  const save = async () => {
    setBusy(true);
    const done = await attempt(() => client.alerts.saveRouting({ organisationId, routing }));
    setBusy(false);
    if (done) await queryClient.invalidateQueries({ queryKey: api.alerts.key() });
  };
  const { table, escalation, escalateFrom } = defaultRouting;
  const usual = { table, escalation, escalateFrom };
  const unusual = Object.entries(usual).some(
    ([name, value]) => JSON.stringify(routing[name as keyof typeof usual]) !== JSON.stringify(value),
  );
  return (
    <div className={css.stack}>
      <h2>{routingWords.title}</h2>
      <p className={css.muted}>
        {routingWords.means} <a href="#/alerts/preview">Who would be told</a>
      </p>
      <Told routing={routing} />
      <ActFields call="alerts.saveRouting">
        <div className={css.stack}>
          <Places
            organisationId={organisationId}
            routing={routing}
            set={set}
            onRemove={(id) => setRouting(withoutPlace(routing, id))}
          />
          <BySeverity routing={routing} set={set} />
          <OnCall organisationId={organisationId} routing={routing} set={set} />
          <Steps routing={routing} set={set} />
          {routing.regionRoutes.length > 0 && <Regions routing={routing} set={set} />}
        </div>
      </ActFields>
      <div className={css.row}>
        <ActButton call="alerts.saveRouting" loading={busy} disabled={!dirty || !rota} onClick={() => void save()}>
          Save who is told
        </ActButton>
        {dirty && (
          <ActButton call="alerts.saveRouting" variant="default" onClick={() => setRouting(saved)}>
            Discard changes
          </ActButton>
        )}
        {unusual && (
          <ActButton call="alerts.saveRouting" variant="default" onClick={() => set(usual)}>
            Reset channels and steps
          </ActButton>
        )}
      </div>
      <SetBy organisationId={organisationId} action="setting.changed" object="setting:alert-routing" of={saved} />
    </div>
  );
}

/** What the settings below come to, before they are saved. */
function Told({ routing }: { routing: RoutingConfig }) {
  return (
    <PlainTable label="Told at once" head={[{ text: 'Severity' }, { text: 'Told at once' }]}>
      {severityOrder.map((severity) => (
        <tr key={severity}>
          <th scope="row">
            <Status {...severities[severity]}>{severities[severity].word}</Status>
          </th>
          <td>
            {toldAtOnce(routing, severity).map(({ channel, names }) => (
              <div key={channel}>
                {names ? (
                  `${channels[channel]}: ${names.join(', ')}`
                ) : (
                  <Status shape="diamond" tone="warning">
                    {channels[channel]}: nobody is named
                  </Status>
                )}
              </div>
            ))}
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}

function Places({
  organisationId,
  routing,
  set,
  onRemove,
}: Part & { organisationId: string; onRemove: (id: string) => void }) {
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title="Places"
      aside={
        <ActButton call="alerts.saveRouting" variant="default" onClick={() => setAdding(true)}>
          Add a place…
        </ActButton>
      }
    >
      {routing.destinations.length === 0 ? (
        <p className={css.muted}>{routingWords.noPlaces}</p>
      ) : (
        <PlainTable
          label="Places"
          head={[{ text: 'Place' }, { text: 'Address' }, { text: 'Told' }, { text: 'Management' }, { text: 'Remove' }]}
        >
          {routing.destinations.map(({ id, name, channel, address }) => (
            <tr key={id}>
              <th scope="row">
                {name} ({channels[channel]})
              </th>
              <td>{address}</td>
              <td>
                <Checkbox
                  aria-label={`${name} is told by ${channels[channel]}`}
                  checked={routing.usual[channel].includes(id)}
                  onChange={({ currentTarget: { checked } }) =>
                    set({ usual: { ...routing.usual, [channel]: toggled(routing.usual[channel], id, checked) } })
                  }
                />
              </td>
              <td>
                <Checkbox
                  aria-label={`${name} is management, by ${channels[channel]}`}
                  checked={routing.management.includes(id)}
                  onChange={({ currentTarget: { checked } }) =>
                    set({ management: toggled(routing.management, id, checked) })
                  }
                />
              </td>
              <td>
                <ActButton
                  call="alerts.saveRouting"
                  variant="default"
                  size="compact-xs"
                  aria-label={`Remove ${name} (${channels[channel]})`}
                  onClick={() => onRemove(id)}
                >
                  Remove
                </ActButton>
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
      <Checkbox
        label="SMS goes to whoever is on call"
        checked={routing.usual.sms.includes(ON_CALL)}
        onChange={({ currentTarget: { checked } }) =>
          set({ usual: { ...routing.usual, sms: toggled(routing.usual.sms, ON_CALL, checked) } })
        }
      />
      {adding && (
        <PlaceDialog
          organisationId={organisationId}
          taken={routing.destinations}
          onClose={() => setAdding(false)}
          onAdd={(place) => {
            set({
              destinations: [...routing.destinations, place],
              // A phone that belongs to somebody is called in their turn; anything else is there to be told.
              ...(place.channel === 'sms' && place.personId !== null
                ? {}
                : { usual: { ...routing.usual, [place.channel]: [...routing.usual[place.channel], place.id] } }),
            });
            setAdding(false);
          }}
        />
      )}
    </Section>
  );
}

function BySeverity({ routing, set }: Part) {
  return (
    <Section title="Channels by severity">
      <PlainTable
        label="Channels by severity"
        head={[{ text: 'Severity' }, ...Channel.options.map((channel) => ({ text: channels[channel] }))]}
      >
        {severityOrder.map((severity) => (
          <tr key={severity}>
            <th scope="row">{severities[severity].word}</th>
            {Channel.options.map((channel) => (
              <td key={channel}>
                <Checkbox
                  aria-label={`${severities[severity].word} goes to ${channels[channel]}`}
                  checked={routing.table[severity].includes(channel)}
                  onChange={({ currentTarget: { checked } }) =>
                    set({
                      table: { ...routing.table, [severity]: toggled(routing.table[severity], channel, checked) },
                    })
                  }
                />
              </td>
            ))}
          </tr>
        ))}
      </PlainTable>
      <p className={css.muted}>{routingWords.weddingDays}</p>
    </Section>
  );
}

function OnCall({ organisationId, routing: { rota, destinations }, set }: Part & { organisationId: string }) {
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

function Steps({ routing: { escalation, escalateFrom }, set }: Part) {
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

function Regions({ routing: { regionRoutes, destinations }, set }: Part) {
  const nameOf = (id: string) => destinations.find((place) => place.id === id)?.name ?? 'whoever is on call';
  return (
    <Section title="By the place of the wedding">
      <ul className={css.plainList}>
        {regionRoutes.map((route) => (
          <li key={route.id}>
            {[...route.regions, ...route.venues].join(', ')}: {route.destinations.map(nameOf).join(', ')},{' '}
            {route.instead ? 'instead of the usual places.' : 'as well as the usual places.'}{' '}
            <ActButton
              call="alerts.saveRouting"
              variant="default"
              size="compact-xs"
              aria-label={`Remove the rule of ${[...route.regions, ...route.venues].join(', ')}`}
              onClick={() => set({ regionRoutes: regionRoutes.filter(({ id }) => id !== route.id) })}
            >
              Remove
            </ActButton>
          </li>
        ))}
      </ul>
    </Section>
  );
}
