import { useQuery } from '@tanstack/react-query';
import { Link, Redirect, Route, Switch } from 'wouter';
import { api } from '../../data/client.ts';
import { useAddress } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { AnswerLine } from '../../ui/screen.tsx';
import { ReadOnly } from '../people/role-controls.tsx';
import { AppearanceSection } from './appearance-section.tsx';
import { BackupSection } from './backup-section.tsx';
import { ConnectionSection } from './connection-section.tsx';
import { DiagnosticsSection } from './diagnostics-section.tsx';
import { NetworkSection } from './network-section.tsx';
import { OrganisationSection } from './organisation-section.tsx';
import { PeopleSection } from './people-section.tsx';
import { RoutingSection } from './routing-section.tsx';
import { SendingSection } from './sending-section.tsx';
import css from './settings.module.css';
import { sections } from './settings-list.ts';
import { SettingsSearch } from './settings-search.tsx';
import { words } from './strings.ts';

/** What is set, by whom, and what would change? Sections at the left, one form at a time. */
export default function SettingsScreen() {
  const organisationId = useOrganisationId();
  const { path } = useAddress();
  const organisation = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  const connections = useQuery(api.settings.connections.queryOptions({ input: { organisationId } }));
  const trouble = connections.data?.find(({ state }) => state === 'needs_attention');
  const systems = (connections.data ?? []).map(({ system, name }) => ({
    path: `/settings/systems/${system}`,
    word: name,
  }));
  /** What the section is there for. */
  const section = sections.find((one) => one.path === path);
  const main = path.startsWith('/settings/systems/') ? 'settings.setMode' : section?.call;

  return (
    <div className={css.page}>
      <AnswerLine of={organisation} shape={trouble ? 'diamond' : 'disc'} tone={trouble ? 'warning' : 'ok'}>
        {trouble ? words.trouble(trouble.name) : organisation.data ? words.answer(organisation.data) : words.reading}
      </AnswerLine>
      {main && <ReadOnly call={main} />}
      <div className={css.body}>
        <nav className={css.sections} aria-label="Settings">
          <SettingsSearch />
          <Sections of={sections} path={path} />
          <p className={css.sectionTitle} id="settings-systems">
            Systems
          </p>
          <Sections of={systems} path={path} labelledBy="settings-systems" />
        </nav>
        <div className={css.content}>
          <Switch>
            <Route path="/settings/organisation">
              <OrganisationSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/people">
              <PeopleSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/alerts">
              <RoutingSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/systems/:system">
              {({ system }) => <ConnectionSection key={system} organisationId={organisationId} system={system} />}
            </Route>
            <Route path="/settings/backup">
              <BackupSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/sending">
              <SendingSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/network">
              <NetworkSection organisationId={organisationId} />
            </Route>
            <Route path="/settings/diagnostics">
              <DiagnosticsSection />
            </Route>
            <Route path="/settings/appearance">
              <AppearanceSection />
            </Route>
            <Route>
              <Redirect to="/settings/organisation" replace />
            </Route>
          </Switch>
        </div>
      </div>
    </div>
  );
}

function Sections({
  of,
  path,
  labelledBy,
}: {
  of: readonly { path: string; word: string }[];
  path: string;
  labelledBy?: string;
}) {
  return (
    <ul aria-labelledby={labelledBy}>
      {of.map((section) => (
        <li key={section.path}>
          <Link href={section.path} aria-current={path === section.path ? 'page' : undefined}>
            {section.word}
          </Link>
        </li>
      ))}
    </ul>
  );
}
