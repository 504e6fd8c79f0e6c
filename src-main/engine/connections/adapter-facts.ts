import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { type FieldSpec, fieldsOf } from '../../../src-shared/fields/fields-of.ts';
import type { AnyAdapter, Json } from '../../adapters/kit/adapter.ts';
import { refused } from '../problem.ts';

/** An adapter's settings and secrets as objects with named fields. Throws when the adapter was written otherwise. */
export function shapesOf(adapter: AnyAdapter): { settings: z.ZodObject; secrets: z.ZodObject } {
  const { schema } = adapter.settings;
  if (!(schema instanceof z.ZodObject) || !(adapter.secrets instanceof z.ZodObject)) {
    throw new Error(`${adapter.manifest.id}: settings and secrets must be zod objects`);
  }
  return { settings: schema, secrets: adapter.secrets };
}

export function formOf(adapter: AnyAdapter): FieldSpec[] {
  const { settings, secrets } = shapesOf(adapter);
  return fieldsOf(settings, secrets);
}

/** Every environment variable an adapter names for a secret or a setting (`.meta({ env })`), for the agent's environment store. */
export function environmentVariables(registry: readonly AnyAdapter[]) {
  return registry.flatMap((adapter) => {
    const { settings, secrets } = shapesOf(adapter);
    return [...variablesIn(settings), ...variablesIn(secrets)].map((one) => ({ ...one, system: adapter.manifest.id }));
  });
}

/** Names of the settings that an environment variable may give. */
export function settingsFromEnvironment(adapter: AnyAdapter): string[] {
  return variablesIn(shapesOf(adapter).settings).map(({ name }) => name);
}

function variablesIn(object: z.ZodObject): { variable: string; name: string }[] {
  return Object.entries(object.shape as Record<string, z.ZodType>).flatMap(([name, schema]) => {
    const variable = schema.meta()?.env;
    return variable === undefined ? [] : [{ variable, name }];
  });
}

/** Stored settings brought to the adapter's present version. Throws `misconfigured` and names the field. */
export function settingsInForce(adapter: AnyAdapter, stored: unknown, version: number): unknown {
  const present = adapter.settings.upgrades.slice(version - 1).reduce((old, upgrade) => upgrade(old), stored);
  const parsed = adapter.settings.schema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new NeedsAttentionError('misconfigured', `${adapter.manifest.name}: ${firstIssue(adapter, parsed.error)}`, {
    hint: 'Open the system in Settings and mend the named field',
    scope: 'connection',
  });
}

/** Settings as typed by a person. Throws REFUSED and names the field. */
export function settingsTyped(adapter: AnyAdapter, typed: Readonly<Record<string, Json>>): Record<string, Json> {
  const { settings } = shapesOf(adapter);
  const unknown = Object.keys(typed).find((name) => !(name in settings.shape));
  if (unknown !== undefined) throw refused({ happened: `${adapter.manifest.name} has no setting "${unknown}".` });
  const parsed = settings.safeParse(typed);
  if (!parsed.success) throw refused({ happened: firstIssue(adapter, parsed.error), means: 'Nothing was saved.' });
  return z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(parsed.data)));
}

/** A secret as typed by a person, trimmed of the spaces a paste brings. Throws REFUSED and names the field, never the value. */
export function secretTyped(adapter: AnyAdapter, name: string, typed: string): string {
  const schema = (shapesOf(adapter).secrets.shape as Record<string, z.ZodType>)[name];
  if (schema === undefined) throw refused({ happened: `${adapter.manifest.name} has no secret "${name}".` });
  const value = typed.trim();
  const parsed = value === '' ? { success: true as const } : schema.safeParse(value);
  if (!parsed.success) {
    throw refused({
      happened: `${schema.meta()?.label ?? name}: ${parsed.error.issues[0]?.message ?? 'not accepted'}`,
      means: 'Nothing was saved.',
    });
  }
  return value;
}

function firstIssue(adapter: AnyAdapter, error: z.ZodError): string {
  const issue = error.issues[0];
  const name = String(issue?.path[0] ?? '');
  const field = formOf(adapter).find((one) => one.name === name);
  return `${field?.label ?? (name || 'Settings')}: ${issue?.message ?? 'not accepted'}`;
}
