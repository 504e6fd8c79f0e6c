import { Route, Switch } from 'wouter';
import { FiguresScreen } from './figures-screen.tsx';
import { PushesScreen } from './pushes-screen.tsx';
import { VendorsScreen } from './vendors-screen.tsx';

/** What vendors will see of their own AI value, whether it is right, and whether it arrived. */
export default function CrmScreen() {
  return (
    <Switch>
      <Route path="/crm/vendors">
        <VendorsScreen />
      </Route>
      <Route path="/crm/figures">
        <FiguresScreen />
      </Route>
      <Route>
        <PushesScreen />
      </Route>
    </Switch>
  );
}
