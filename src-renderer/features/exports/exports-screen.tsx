import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { BatchesScreen } from './batches-screen.tsx';
import { ImportScreen, ImportsScreen } from './import-screen.tsx';
import { ReviewScreen } from './review-screen.tsx';

/** Loaded when first opened: it alone needs the charts. */
const BatchScreen = lazy(() => import('./batch-screen.tsx').then((module) => ({ default: module.BatchScreen })));

/** Import, review, approve, post and verify; each place has its address. */
export default function ExportsScreen() {
  return (
    <Switch>
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
