import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { useOrganisationId } from '../../state/session.ts';
import { BatchesScreen } from './batches-screen.tsx';
import { DuplicatesScreen } from './duplicates-screen.tsx';
import { ImportScreen, ImportsScreen } from './import-screen.tsx';
import { InvoiceForm } from './invoice-form.tsx';
import { Places } from './places.tsx';
import { ReviewScreen } from './review-screen.tsx';
import { RuleSuggestion } from './rule-dialog.tsx';
import { RulesScreen } from './rules-screen.tsx';
import { SuppliersScreen } from './suppliers-screen.tsx';

/** Loaded when first opened: these need the charts. */
const BatchScreen = lazy(() => import('./batch-screen.tsx').then((module) => ({ default: module.BatchScreen })));
const InsightScreen = lazy(() =>
  import('../insight/insight-screen.tsx').then(({ InsightScreen: view }) => ({ default: view })),
);
const VatScreen = lazy(() => import('../insight/vat-screen.tsx').then(({ VatScreen: view }) => ({ default: view })));
const SchedulesScreen = lazy(() =>
  import('../schedules/schedules-screen.tsx').then(({ SchedulesScreen: view }) => ({ default: view })),
);

/** The finance desk: import, review, approve, post and verify, and what the costs mean; each place has its address. */
export default function ExportsScreen() {
  const organisationId = useOrganisationId();
  return (
    <>
      <Places />
      <Rooms />
      <RuleSuggestion organisationId={organisationId} />
      <InvoiceForm />
    </>
  );
}

function Rooms() {
  return (
    <Switch>
      <Route path="/exports/duplicates">
        <DuplicatesScreen />
      </Route>
      <Route path="/exports/suppliers">
        <SuppliersScreen />
      </Route>
      <Route path="/exports/rules">
        <RulesScreen />
      </Route>
      <Route path="/exports/vat">
        <VatScreen />
      </Route>
      <Route path="/exports/insight">
        <InsightScreen />
      </Route>
      <Route path="/exports/schedules">
        <SchedulesScreen />
      </Route>
      <Route path="/exports/batches">
        <BatchesScreen />
      </Route>
      <Route path="/exports/batches/:id">{({ id }) => <BatchScreen key={id} batchId={id} />}</Route>
      <Route path="/exports/imports">
        <ImportsScreen />
      </Route>
      <Route path="/exports/imports/:id">{({ id }) => <ImportScreen key={id} importId={id} />}</Route>
      <Route>
        <ReviewScreen />
      </Route>
    </Switch>
  );
}
