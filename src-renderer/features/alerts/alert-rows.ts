import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';

/** One row of the list: an alert, the head of a group, or a member of an opened group. */
export interface AlertRow {
  readonly id: string;
  /** The alert itself, or the worst of the group. */
  readonly alert: AlertSummary;
  /** Every alert an action on this row means. */
  readonly members: readonly AlertSummary[];
  readonly kind: 'single' | 'group' | 'member';
  readonly opened: boolean;
}

/** Alerts of one trouble under one head, worst first; every action works on the head or on one member. */
export function rowsOf(
  alerts: readonly AlertSummary[],
  grouped: boolean,
  opened: ReadonlySet<string>,
): readonly AlertRow[] {
  const single = (alert: AlertSummary): AlertRow => ({
    id: alert.id,
    alert,
    members: [alert],
    kind: 'single',
    opened: false,
  });
  if (!grouped) return alerts.map(single);
  return groupsOf(alerts, ({ groupKey }) => groupKey).flatMap(([key, members]): AlertRow[] => {
    const [first] = members;
    if (!first) return [];
    if (members.length === 1) return [single(first)];
    const isOpen = opened.has(key);
    const head: AlertRow = { id: `group ${key}`, alert: first, members, kind: 'group', opened: isOpen };
    return isOpen ? [head, ...members.map((alert): AlertRow => ({ ...single(alert), kind: 'member' }))] : [head];
  });
}

/** Items under their key, both in the order they came. */
export function groupsOf<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): (readonly [Key, Item[]])[] {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups];
}
