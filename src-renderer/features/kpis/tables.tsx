import type { KpiView } from '../../../src-shared/contract/kpis.ts';
import { formatKpi } from '../../../src-shared/format/kpi.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatDay, formatDuration } from '../../../src-shared/format/time.ts';
import { PlainTable, Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant, Money } from '../../ui/text.tsx';
import css from './kpis.module.css';
import { seasons } from './strings.ts';

/** What AI cost and what the time it saved was worth, season against season. */
export function Seasons({ rows }: { rows: KpiView['seasons'] }) {
  return (
    <Section title="Cost and return by season" aside={<span className={css.note}>twelve months</span>}>
      <PlainTable
        label="Cost and return by season"
        head={[
          { text: 'Season' },
          { text: 'Months with costs', right: true },
          { text: 'Weddings', right: true },
          { text: 'Cost', right: true },
          { text: 'Time saved (est.)', right: true },
          { text: 'Return (est.)', right: true },
          { text: 'Cost per wedding', right: true },
        ]}
      >
        {rows.map((row) => (
          <tr key={row.season}>
            <th scope="row">{seasons[row.season]}</th>
            <td data-right>{formatCount(row.months)}</td>
            <td data-right>{formatCount(row.weddings)}</td>
            <td data-right>
              <Money amount={row.costGbp} />
            </td>
            <td data-right>
              <Money amount={row.timeValueGbp} />
            </td>
            <td data-right>{formatKpi(row.returned, 'multiple', 1)}</td>
            <td data-right>
              <Money amount={row.costPerWeddingGbp} unknown="No month knows both" />
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  );
}

const has = { yes: 'has it', no: 'has not', unknown: 'not looked up' } as const;

/** Our features against others', each with where it was read. */
export function Parity({ parity }: { parity: KpiView['parity'] }) {
  return (
    <Section title="Feature parity" aside={<span className={css.note}>checked {formatDay(parity.checkedOn)}</span>}>
      <PlainTable
        label="Feature parity"
        head={[{ text: 'Feature' }, { text: 'WedSync' }, ...parity.products.map((text) => ({ text }))]}
      >
        {parity.rows.map((row) => (
          <tr key={row.feature}>
            <th scope="row">{row.feature}</th>
            <td>{has[row.ours]}</td>
            {row.others.map((other, i) => (
              <td key={parity.products[i]} title={other.source}>
                {has[other.has]}
              </td>
            ))}
          </tr>
        ))}
      </PlainTable>
    </Section>
  );
}

/** Every outside system that takes the KPIs: when, how long, and what stopped it. Old news is grey. */
export function SyncStates({ view }: { view: KpiView }) {
  return (
    <Section title="Sync">
      <PlainTable
        label="Sync"
        head={[
          { text: 'System' },
          { text: 'State' },
          { text: 'Last' },
          { text: 'Took', right: true },
          { text: 'Points', right: true },
          { text: 'What happened' },
        ]}
      >
        {view.sync.map((row) => (
          <tr key={row.system}>
            <th scope="row">{row.name}</th>
            <td>
              {row.ok === null ? (
                <Status shape="dash" tone="muted">
                  nothing sent yet
                </Status>
              ) : row.stale ? (
                <Status shape="clock" tone="muted">
                  out of date
                </Status>
              ) : row.ok ? (
                <Status shape="tick" tone="ok">
                  sent
                </Status>
              ) : (
                <Status shape="triangle" tone="warning">
                  behind
                </Status>
              )}
            </td>
            <td>{row.at === null ? '—' : <Instant at={row.at} />}</td>
            <td data-right>{row.ms === null ? '—' : formatDuration(row.ms)}</td>
            <td data-right>{formatCount(row.points)}</td>
            <td>
              {row.detail}
              {row.lostPoints > 0 && ` ${formatCounted(row.lostPoints, 'point', 'points')} lost so far.`}
            </td>
          </tr>
        ))}
      </PlainTable>
      {view.gates
        .filter(({ passed }) => !passed)
        .map((gate) => (
          <PlainTable
            key={gate.dataset}
            label={`Rows that hold back ${gate.dataset.replace('_', ' ')}: ${formatCounted(gate.total, 'row', 'rows')}`}
            head={[{ text: 'Check' }, { text: 'KPI' }, { text: 'Where' }, { text: 'Expected' }, { text: 'Found' }]}
          >
            {gate.findings.slice(0, 20).map((finding) => (
              <tr key={`${finding.check} ${finding.kpi} ${finding.where}`}>
                <th scope="row">{finding.check}</th>
                <td>{finding.kpi}</td>
                <td>{finding.where}</td>
                <td>{finding.expected}</td>
                <td>{finding.found}</td>
              </tr>
            ))}
          </PlainTable>
        ))}
    </Section>
  );
}
