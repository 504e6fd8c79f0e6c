import { labelsOf, type MetricPoint, prometheusName, prometheusValue } from '../../adapters/kit/metrics.ts';

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/**
 * The text a Prometheus scrapes: one block a metric, each label set once, no time stamps. Labels are slugs and hold no
 * personal data (SEC-26).
 */
export function exposition(
  organisations: readonly { readonly org: string; readonly points: readonly MetricPoint[] }[],
): string {
  const blocks = new Map<string, string[]>();
  for (const { org, points } of organisations) {
    for (const point of points) {
      const { name } = prometheusName(point);
      const block = blocks.get(name) ?? [
        `# HELP ${name} ${escaped(point.description)}`,
        `# TYPE ${name} ${point.type}`,
      ];
      const labels = Object.entries(labelsOf(point, org)).map(([label, value]) => `${label}="${value}"`);
      block.push(`${name}{${labels.join(',')}} ${prometheusValue(point)}`);
      blocks.set(name, block);
    }
  }
  const lines = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, block]) => block);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
