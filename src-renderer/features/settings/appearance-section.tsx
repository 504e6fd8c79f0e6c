import { Button, SegmentedControl, Switch, useMantineColorScheme } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useSession } from '../../state/session.ts';
import { withoutStyleTag } from '../../ui/theme.ts';
import css from './settings.module.css';
import { words } from './strings.ts';

/** Light, dark or as the system; single-letter keys; the first-run tasks. Contrast and motion follow the system. */
export function AppearanceSection() {
  const { colorScheme, setColorScheme } = useMantineColorScheme(withoutStyleTag);
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
      <OfThisComputer
        ask={window.wedsync?.startAtLogin}
        label="Start with this computer"
        description="Minimised to the tray, so that alerts are sent without anybody opening a window."
      />
      <OfThisComputer
        ask={window.wedsync?.stayAwake}
        label="Stay awake on wedding days"
        description="On mains power, in wedding-day mode; the screen may still switch off."
      />
      {(colorScheme !== 'auto' || !singleKeys) && (
        <Button
          variant="default"
          onClick={() => {
            setColorScheme('auto');
            set({ singleKeys: true });
          }}
        >
          Reset appearance and keys
        </Button>
      )}
      {tasksHidden && (
        <Button variant="default" onClick={() => set({ tasksHidden: false })}>
          Show the first tasks again
        </Button>
      )}
    </div>
  );
}

/** In the desktop app only; shows the real state, whoever changed it. */
function OfThisComputer({
  ask,
  label,
  description,
}: {
  ask: ((on?: boolean) => Promise<boolean>) | undefined;
  label: string;
  description: string;
}) {
  const [on, setOn] = useState<boolean | null>(null);
  useEffect(() => {
    void ask?.().then(setOn);
  }, [ask]);
  if (on === null) return null;
  return (
    <Switch
      label={label}
      description={description}
      checked={on}
      onChange={(event) => void ask?.(event.currentTarget.checked).then(setOn)}
    />
  );
}
