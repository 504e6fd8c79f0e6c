import type { FieldSpec } from '../../src-shared/fields/fields-of.ts';
import css from './usual.module.css';

type Value = FieldSpec['initial'];

/** A value as a person reads it beside its field. */
export function valueWords(value: Value): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'empty';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** What a field is while nobody has set it, and the way back; nothing where it is that already. */
export function Usual({
  label,
  value,
  usual,
  words = valueWords(usual),
  onReset,
}: {
  label: string;
  value: Value;
  usual: Value;
  words?: string;
  onReset: () => void;
}) {
  if (JSON.stringify(value) === JSON.stringify(usual)) return null;
  return (
    <p className={css.usual}>
      Usually: {words}.{' '}
      <button type="button" aria-label={`Reset ${label}`} onClick={onReset}>
        Reset
      </button>
    </p>
  );
}
