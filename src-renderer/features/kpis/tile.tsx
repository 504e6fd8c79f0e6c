import { Button } from '@mantine/core';
import { useId, useState } from 'react';
import type { KpiTile } from '../../../src-shared/contract/kpis.ts';
import { formatKpi, formatKpiChange } from '../../../src-shared/format/kpi.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import css from './kpis.module.css';
import { words } from './strings.ts';

/** One KPI: value, direction, trend, target, age; its formula with the numbers in it at one press (K2). */
export function Tile({ tile, comparedWith }: { tile: KpiTile; comparedWith: string }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const show = (value: string | null) => formatKpi(value, tile.unit, tile.places);
  const change = formatKpiChange(tile.value, tile.before, tile.unit, tile.places);
  return (
    <article className={css.tile} data-stale={tile.stale || tile.value === null || undefined} aria-labelledby={id}>
      <h2 id={id}>{tile.name}</h2>
      <p className={css.value}>
        <strong>{show(tile.value)}</strong>
        {tile.estimate && tile.value !== null && <span className={css.note}>est.</span>}
        {change && (
          <span className={css.note} title={`against ${formatPeriod(comparedWith)}: ${show(tile.before)}`}>
            {change.up ? '▲' : '▼'} {change.text}
            <span className="visually-hidden">
              {change.up ? 'more' : 'less'} than in {formatPeriod(comparedWith)}
            </span>
          </span>
        )}
      </p>
      {tile.value === null ? <p className={css.note}>{tile.reason}</p> : <Spark tile={tile} />}
      <p className={css.target}>
        {tile.target === null ? (
          <span className={css.note}>no target</span>
        ) : (
          <>
            <span>target {show(tile.target)}</span>
            {tile.stale ? (
              <Status shape="clock" tone="muted">
                out of date
              </Status>
            ) : tile.met === null ? null : tile.met ? (
              <Status shape="disc" tone="ok">
                met
              </Status>
            ) : (
              <Status shape="crossSquare" tone="warning">
                missed
              </Status>
            )}
          </>
        )}
      </p>
      {tile.benchmark && (
        <p className={css.note} title={tile.benchmark.source}>
          {tile.benchmark.value === null
            ? `benchmark: ${words.noSource}`
            : `benchmark ${show(tile.benchmark.value)}, ${tile.benchmark.asOf === null ? 'undated' : formatPeriod(tile.benchmark.asOf)}`}
        </p>
      )}
      <p className={css.foot}>
        <span className={css.note}>
          {tile.asOf === null ? (
            'never computed'
          ) : (
            <>
              as of <Instant at={tile.asOf} />
            </>
          )}
        </span>
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={open}
          aria-label={`How ${tile.name} is worked out`}
          onClick={() => setOpen(!open)}
        >
          Formula
        </Button>
      </p>
      {open && (
        <div className={css.formula}>
          <p>{tile.description}</p>
          <Facts
            rows={[
              ['Formula', tile.formula],
              ...tile.inputs.map(({ name, value }) => [name, value] as const),
              ['Quality rules', tile.quality.join('; ')],
              ['Owner', tile.owner],
              ...(tile.benchmark ? ([['Benchmark', tile.benchmark.source]] as const) : []),
            ]}
          />
        </div>
      )}
    </article>
  );
}

const width = 156;
const height = 34;

/** Thirteen months; a month that is not known is a gap. */
function Spark({ tile }: { tile: KpiTile }) {
  const values = tile.trend.map(({ value }) => (value === null ? null : Number(value)));
  const there = values.filter((value) => value !== null);
  const target = tile.target === null ? null : Number(tile.target);
  const low = Math.min(...there, target ?? Number.POSITIVE_INFINITY);
  const high = Math.max(...there, target ?? Number.NEGATIVE_INFINITY);
  const y = (value: number) => 3 + (height - 6) * (high === low ? 0.5 : 1 - (value - low) / (high - low));
  const x = (index: number) => 3 + ((width - 6) / 12) * index;
  const path = values
    .map((value, i) =>
      value === null ? '' : `${(values[i - 1] ?? null) === null ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`,
    )
    .join('');
  const show = (value: string | null) => formatKpi(value, tile.unit, tile.places);
  const first = tile.trend.find(({ value }) => value !== null);
  const label = `Trend of ${formatCountOf(there.length)}: from ${show(first?.value ?? null)} to ${show(tile.value)}`;
  const picture = (
    <svg
      className={css.spark}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      {target !== null && <line x1="0" x2={width} y1={y(target)} y2={y(target)} className={css.line} />}
      <path d={path} />
      {values.map((value, i) =>
        value === null ? null : (
          <circle key={tile.trend[i]?.month} cx={x(i)} cy={y(value)} r={i === values.length - 1 ? 2.6 : 1.3} />
        ),
      )}
    </svg>
  );
  return (
    <div className={css.trend}>
      {picture}
      {first && there.length > 1 && (
        <span className={css.note}>
          from {show(first.value)}, {formatPeriod(first.month)}
        </span>
      )}
    </div>
  );
}

const formatCountOf = (count: number) => (count === 1 ? 'one month' : `${count} months`);
