import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';
import { kpis } from '../../src-shared/domain/kpi/catalogue.ts';

/**
 * The tables of the warehouse, forward only: a step is added, never changed, and none drops anything, because reports of
 * other people stand on them. `S` is the schema, quoted. Every step bears meeting what an administrator laid out by hand.
 */
const steps: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS S.kpi_point (
    org text NOT NULL, metric text NOT NULL, ts timestamptz NOT NULL,
    season text NOT NULL CHECK (season IN ('peak', 'shoulder', 'off_season')),
    context text NOT NULL DEFAULT 'wedding_industry',
    venue text NOT NULL DEFAULT '', region text NOT NULL DEFAULT '',
    value double precision NOT NULL, batch_id uuid NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org, metric, ts, season, context, venue, region))`,
  // Money is not kept as a double alone.
  `ALTER TABLE S.kpi_point ADD COLUMN IF NOT EXISTS exact numeric;
   UPDATE S.kpi_point SET exact = value::numeric WHERE exact IS NULL;
   ALTER TABLE S.kpi_point ALTER COLUMN exact SET NOT NULL`,
  // What Looker's trigger asks for again and again.
  'CREATE INDEX IF NOT EXISTS kpi_point_loaded_at ON S.kpi_point (loaded_at)',
  `CREATE TABLE IF NOT EXISTS S.kpi_load (
    org text NOT NULL, batch_id uuid NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now(),
    rows integer NOT NULL, changed integer NOT NULL, removed integer NOT NULL, metrics text[] NOT NULL,
    PRIMARY KEY (org, batch_id))`,
];
export const layoutVersion = steps.length;

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
/** The schema's name as SQL takes it; the settings let nothing through that needs more than quotes. */
export const quoted = (schema: string) => `"${schema.replaceAll('"', '""')}"`;

/** Changes when the catalogue does, so that comments and view follow it. */
const catalogueMark = createHash('sha256')
  .update(
    JSON.stringify(kpis.map(({ id, name, unit, description, formula }) => [id, name, unit, description, formula])),
  )
  .digest('hex')
  .slice(0, 16);

/** Steps done and catalogue described there; null: nothing of ours. */
export async function layoutOf(
  db: ClientBase,
  schema: string,
): Promise<{ readonly version: number; readonly current: boolean } | null> {
  const { rows: there } = await db.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [
    `${quoted(schema)}.layout`,
  ]);
  if (there[0]?.found == null) return null;
  const { rows } = await db.query<{ version: number; catalogue: string }>(
    `SELECT version, catalogue FROM ${quoted(schema)}.layout`,
  );
  const [row] = rows;
  if (!row) return null;
  return { version: row.version, current: row.version === layoutVersion && row.catalogue === catalogueMark };
}

/**
 * Brings the schema up to date: missing steps, then comments and the wide view from the catalogue. One transaction, one
 * console at a time.
 */
export async function layOut(db: ClientBase, schema: string): Promise<void> {
  const found = await layoutOf(db, schema);
  if (found?.current) return;
  const s = quoted(schema);
  await db.query('BEGIN');
  try {
    await db.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`wedsync layout ${schema}`]);
    // Creating needs a right that writing does not; a schema made by an administrator is enough.
    const { rows } = await db.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    if (rows.length === 0) await db.query(`CREATE SCHEMA ${s}`);
    await db.query(
      `CREATE TABLE IF NOT EXISTS ${s}.layout (id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1), version integer NOT NULL, catalogue text NOT NULL)`,
    );
    const version = (await layoutOf(db, schema))?.version ?? 0;
    if (version > layoutVersion) {
      throw new NeedsAttentionError('misconfigured', 'A newer console has changed the tables of this warehouse', {
        scope: 'connection',
        hint: 'Bring this console up to date; nothing was loaded.',
      });
    }
    for (const step of steps.slice(version)) await db.query(step.replaceAll('S.', `${s}.`));
    await describe(db, schema);
    await db.query(
      `INSERT INTO ${s}.layout (version, catalogue) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, catalogue = excluded.catalogue`,
      [layoutVersion, catalogueMark],
    );
    await db.query('COMMIT');
  } catch (thrown) {
    await db.query('ROLLBACK').catch(() => undefined);
    throw thrown;
  }
}

const keys = ['org', 'ts', 'season', 'context', 'venue', 'region'] as const;

async function describe(db: ClientBase, schema: string): Promise<void> {
  const s = quoted(schema);
  // A view may only grow at its end, so columns keep the place they once got.
  const { rows } = await db.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = 'kpi_wide' ORDER BY ordinal_position`,
    [schema],
  );
  const known = rows.map(({ name }) => name).filter((name) => !keys.some((key) => key === name));
  const metrics = [...known, ...kpis.map(({ id }) => id).filter((id) => !known.includes(id))];
  const columns = metrics.map((id) => `max(exact) FILTER (WHERE metric = ${literal(id)}) AS ${quoted(id)}`);
  await db.query(
    `CREATE OR REPLACE VIEW ${s}.kpi_wide AS SELECT ${[...keys, ...columns].join(', ')}
     FROM ${s}.kpi_point GROUP BY ${keys.join(', ')}`,
  );
  const about: readonly (readonly [string, string])[] = [
    [
      `TABLE ${s}.kpi_point`,
      'KPIs of the WedSync Ops Console, one row a value. Loaded by the console; do not write here.',
    ],
    [`COLUMN ${s}.kpi_point.metric`, `Name of the KPI: ${kpis.map(({ id, name }) => `${id} (${name})`).join(', ')}.`],
    [`COLUMN ${s}.kpi_point.ts`, 'Start of the hour, day or month the value is for.'],
    [`COLUMN ${s}.kpi_point.venue`, 'Short name of the venue; empty: all venues.'],
    [`COLUMN ${s}.kpi_point.region`, 'Short name of the region; empty: all regions.'],
    [`COLUMN ${s}.kpi_point.value`, 'The value as a double, for charts.'],
    [`COLUMN ${s}.kpi_point.exact`, 'The value exactly; add up money with this one.'],
    [`COLUMN ${s}.kpi_point.batch_id`, 'The load that last changed the row; see kpi_load.'],
    [`COLUMN ${s}.kpi_point.loaded_at`, 'When it last changed here.'],
    [`TABLE ${s}.kpi_load`, 'Loads that arrived whole, each with what it changed.'],
    [`VIEW ${s}.kpi_wide`, 'The same with a column for each KPI.'],
    ...kpis.map(
      (kpi) =>
        [
          `COLUMN ${s}.kpi_wide.${quoted(kpi.id)}`,
          `${kpi.name} (${kpi.unit}). ${kpi.description} Formula: ${kpi.formula}. Owner: ${kpi.owner}.`,
        ] as const,
    ),
  ];
  await db.query(about.map(([what, words]) => `COMMENT ON ${what} IS ${literal(words)}`).join(';'));
}
