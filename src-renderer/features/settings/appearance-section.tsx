import { Button, SegmentedControl, Switch, useMantineColorScheme } from '@mantine/core';
import { useSession } from '../../state/session.ts';
import css from './settings.module.css';
import { words } from './strings.ts';

/** Light, dark or as the system; single-letter keys; the first-run tasks. Contrast and motion follow the system. */
export function AppearanceSection() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { singleKeys, tasksHidden, set } = useSession();
  return (
    <div className={css.form}>
      <h2>{words.appearance}</h2>
      <SegmentedControl
        aria-label="Theme"
        value={colorScheme}
        onChange={(scheme) => setColorScheme(scheme as 'light' | 'dark' | 'auto')}
        data={[
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
          { value: 'auto', label: 'As the system' },
        ]}
      />
      <p className={css.muted}>More contrast, less motion and forced colours follow the settings of this computer.</p>
      <Switch
        label="Single-letter keys"
        description="J, K, A, F, X and others outside text fields. Keys with Ctrl always work."
        checked={singleKeys}
        onChange={(event) => set({ singleKeys: event.currentTarget.checked })}
      />
      {tasksHidden && (
        <Button variant="default" onClick={() => set({ tasksHidden: false })}>
          Show the first tasks again
        </Button>
      )}
    </div>
  );
}
