import { Button, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { Usual } from '../../forms/usual.tsx';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { ActButton, ActFields, ReadOnly } from '../people/role-controls.tsx';
import { SetBy } from '../settings/set-by.tsx';
import css from './crm.module.css';
import { figureTexts } from './strings.ts';

/** As they are while nobody has set them. */
const usual = ValueSettings.parse({});

/** The multipliers of this organisation, each beside the formula it stands in (V1 to V3). */
export function FiguresScreen() {
  const organisationId = useOrganisationId();
  const found = useQuery(api.crm.valueSettings.queryOptions({ input: { organisationId } }));
  const [saved, setSaved] = useState(false);
  return (
    <div className={css.page}>
      <AnswerLine
        of={found}
        shape="disc"
        tone="focus"
        action={
          <Button variant="default" onClick={() => go('/crm')}>
            Back to the pushes
          </Button>
        }
      >
        {found.data
          ? `A successful AI request saves ${found.data.minutesPerRequest} minutes, worth £${found.data.poundsPerRequest}.`
          : 'Reading how the figures are made.'}
      </AnswerLine>
      <ReadOnly call="crm.saveValueSettings" />
      <div className={css.scroll}>
        {found.error && !found.data && (
          <ProblemNote problem={problemOf(found.error)} onRetry={() => void found.refetch()} />
        )}
        {!found.data && !found.error && <Skeletons rows={6} label="Reading how the figures are made." />}
        {found.data && (
          <FiguresForm
            key={JSON.stringify(found.data)}
            organisationId={organisationId}
            settings={found.data}
            saved={saved}
            onSaved={() => {
              setSaved(true);
              void found.refetch();
            }}
          />
        )}
      </div>
    </div>
  );
}

function FiguresForm({
  organisationId,
  settings,
  saved,
  onSaved,
}: {
  organisationId: string;
  settings: ValueSettings;
  saved: boolean;
  onSaved: () => void;
}) {
  const [typed, setTyped] = useState(settings);
  const [busy, setBusy] = useState(false);
  const checked = ValueSettings.safeParse(typed);
  const wrong = (key: string) =>
    checked.success ? null : (checked.error.issues.find(({ path }) => path[0] === key)?.message ?? null);
  const change = (part: Partial<ValueSettings>) => {
    setTyped({ ...typed, ...part });
  };
  const save = async () => {
    if (!checked.success) return;
    setBusy(true);
    const done = await attempt(() => client.crm.saveValueSettings({ organisationId, settings: checked.data }));
    setBusy(false);
    if (done) onSaved();
  };
  return (
    <form
      className={css.figures}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <ActFields call="crm.saveValueSettings">
        {figureTexts.map(([key, label, formula]) => (
          <div key={key}>
            <TextInput
              label={label}
              description={formula}
              inputMode="decimal"
              value={typed[key]}
              error={wrong(key)}
              onChange={(event) => change({ [key]: event.currentTarget.value })}
            />
            <Usual label={label} value={typed[key]} usual={usual[key]} onReset={() => change({ [key]: usual[key] })} />
          </div>
        ))}
        <TagsInput
          label="AI features every vendor should have used before the season"
          description="Readiness counts them"
          value={typed.coreFeatures}
          onChange={(coreFeatures) => change({ coreFeatures })}
        />
        <Usual
          label="core features"
          value={typed.coreFeatures}
          usual={usual.coreFeatures}
          onReset={() => change({ coreFeatures: usual.coreFeatures })}
        />
        <TagsInput
          label="AI features that talk with clients"
          description="A client reached by one of them counts as AI-assisted"
          value={typed.communicationFeatures}
          onChange={(communicationFeatures) => change({ communicationFeatures })}
        />
        <Usual
          label="features that talk with clients"
          value={typed.communicationFeatures}
          usual={usual.communicationFeatures}
          onReset={() => change({ communicationFeatures: usual.communicationFeatures })}
        />
      </ActFields>
      <p className={css.muted}>
        Only administrators change these. Pushes prepared from now on follow; what was sent stays as it is, and pushes
        that wait are made anew with the next reading.
      </p>
      <SetBy organisationId={organisationId} action="value-settings.changed" object="settings:value" of={settings} />
      <div className={css.actions}>
        <ActButton
          call="crm.saveValueSettings"
          type="submit"
          loading={busy}
          disabled={!checked.success || JSON.stringify(typed) === JSON.stringify(settings)}
        >
          Save
        </ActButton>
        {saved && JSON.stringify(typed) === JSON.stringify(settings) && <span role="status">Saved.</span>}
      </div>
    </form>
  );
}
