import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import type { ContractOutputs } from '../../data/client.ts';
import { Shape } from '../../ui/status.tsx';
import { groupsOf } from './alert-rows.ts';
import css from './alerts.module.css';
import { SeverityMark } from './common.tsx';
import routeCss from './route-steps.module.css';
import { channels } from './strings.ts';

type Preview = ContractOutputs['alerts']['preview'];

/** Who is told now and at each step that nobody acknowledges before, and what is missing. */
export function RouteSteps({ preview }: { preview: Preview }) {
  const steps = groupsOf(preview.steps, ({ step }) => step);
  const texts = preview.steps.filter(({ channel }) => channel === 'sms').length;
  return (
    <div className={routeCss.route}>
      <p className={routeCss.routeSeverity}>
        Counts as <SeverityMark severity={preview.severity} />
      </p>
      <ol>
        {steps.map(([step, targets]) => (
          <li key={step}>
            <strong>
              {step === 0 ? 'At once' : `After ${formatDuration((targets[0]?.afterSeconds ?? 0) * 1000)}`}
            </strong>
            <ul>
              {targets.map((target) => (
                <li key={`${target.channel} ${target.recipient}`} title={target.rule}>
                  <span>{channels[target.channel]}</span> {target.recipient}
                  {step === 0 && target.afterSeconds > 0 && ` (held ${formatDuration(target.afterSeconds * 1000)})`}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {preview.steps.length === 0 && <p>Nobody is named for this. Name destinations in Settings.</p>}
      {preview.gaps.map((gap) => (
        <p key={gap} className={routeCss.gap}>
          <Shape name="diamond" tone="warning" />
          {gap}
        </p>
      ))}
      {texts > 0 && (
        <p className={css.muted}>{formatCounted(texts, 'text message', 'text messages')} if nobody acknowledges.</p>
      )}
    </div>
  );
}
