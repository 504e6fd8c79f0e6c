import type { UsageTotals } from './derive.ts';
import type { ValueSettings } from './settings.ts';

export interface ReadinessCheck {
  readonly id: 'recent-use' | 'success-rate' | 'core-features' | 'weekend-use';
  readonly label: string;
  readonly met: boolean;
  /** What is missing and what to do; empty when met. */
  readonly gap: string;
}

export interface Readiness {
  readonly met: number;
  readonly of: number;
  readonly checks: readonly ReadinessCheck[];
}

/** How ready a vendor is for the season from May to September: a checklist with its gaps named, never a gauge alone. */
export function readiness(usage: UsageTotals, settings: ValueSettings, lastDay: string): Readiness {
  const idle = usage.latestDay === null ? null : daysBetween(usage.latestDay, lastDay);
  const rate = usage.requests === 0 ? null : usage.successful / usage.requests;
  const unused = settings.coreFeatures.filter((feature) => (usage.byFeature[feature] ?? 0) === 0);
  const needed = Number(settings.readySuccessRate);

  const checks: ReadinessCheck[] = [
    check(
      'recent-use',
      'Used in the last 30 days',
      idle !== null && idle <= 30,
      idle === null
        ? 'Not used in this period: invite the vendor to a first session.'
        : `Last used ${idle} days before the end of the period: ask what is in the way.`,
    ),
    check(
      'success-rate',
      'AI requests succeed',
      rate !== null && rate >= needed,
      rate === null
        ? 'No requests to judge by.'
        : `${(rate * 100).toFixed(1)}% succeed, ${(needed * 100).toFixed(1)}% needed: look at the failed ones.`,
    ),
    check('core-features', 'All core features tried', unused.length === 0, `Not used yet: ${unused.join(', ')}.`),
    check(
      'weekend-use',
      'Used on a wedding weekend',
      usage.inPreparationWindow > 0,
      'Never used between Friday 18:00 and Sunday 23:00: rehearse one before the season.',
    ),
  ];
  return { met: checks.filter((one) => one.met).length, of: checks.length, checks };
}

function check(id: ReadinessCheck['id'], label: string, met: boolean, gap: string): ReadinessCheck {
  return { id, label, met, gap: met ? '' : gap };
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
