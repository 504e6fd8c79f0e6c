import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import {
  ClockTime,
  defaultRouting,
  ON_CALL,
  type RoutingConfig,
} from '../../../src-shared/domain/alert/routing-config.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { channels, severities, severityOrder } from '../alerts/strings.ts';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { PlaceDialog } from './place-dialog.tsx';
import { toggled, toldAtOnce, withoutPlace } from './routing.ts';
import { OnCall, type RoutingPart, Steps } from './routing-calls.tsx';
import { SetBy } from './set-by.tsx';
import css from './settings.module.css';
import { routingWords, words } from './strings.ts';

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
  const set: RoutingPart['set'] = (part) => setRouting({ ...routing, ...part });
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
}: RoutingPart & { organisationId: string; onRemove: (id: string) => void }) {
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

function BySeverity({ routing, set }: RoutingPart) {
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

function Regions({ routing: { regionRoutes, destinations }, set }: RoutingPart) {
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
