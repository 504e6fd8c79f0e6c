import { useQuery } from '@tanstack/react-query';
import { api } from '../../data/client.ts';
import { Instant } from '../../ui/text.tsx';
import css from './settings.module.css';

/** Who changed these settings last, from the record; `action` and `object` as it has them, `of`: the settings as they were read. */
export function SetBy({
  organisationId,
  action,
  object,
  of,
}: {
  organisationId: string;
  action: string;
  object: string;
  of: unknown;
}) {
  const { queryFn, queryKey } = api.audit.list.queryOptions({ input: { organisationId, action, object } });
  // With every other reading of the settings the record is asked anew.
  const last = useQuery({ queryFn, queryKey: [...queryKey, of], staleTime: 0 });
  if (!last.data) return null;
  const [entry] = last.data.rows;
  const record = new URLSearchParams({ action, object, ...(entry ? { entry: String(entry.sequence) } : {}) });
  return (
    <p className={css.muted}>
      {entry ? (
        <>
          Last set by {entry.actor}, <Instant at={entry.at} />. <a href={`#/audit?${record}`}>What changed</a>
        </>
      ) : (
        'Nobody has changed this since it was made.'
      )}
    </p>
  );
}
