import { Redirect, Route, Switch } from 'wouter';
import { AlertList } from './alert-list.tsx';
import { FiguresScreen } from './figures-screen.tsx';
import { PreviewScreen } from './preview-screen.tsx';
import { ReportScreen } from './report-screen.tsx';
import { SilencesScreen } from './silences-screen.tsx';

/** The list with its detail, the silence register, the route preview and reports; each has its address. */
export default function AlertsScreen() {
  return (
    <Switch>
      <Route path="/alerts/silences">
        <SilencesScreen />
      </Route>
      <Route path="/alerts/preview">
        <PreviewScreen />
      </Route>
      <Route path="/alerts/figures">
        <FiguresScreen />
      </Route>
      <Route path="/alerts/report">
        <ReportScreen />
      </Route>
      {/* What a notification or a message links to. */}
      <Route path="/alerts/:id">{({ id }) => <Redirect to={`/alerts?alert=${id}`} replace />}</Route>
      <Route>
        <AlertList />
      </Route>
    </Switch>
  );
}
