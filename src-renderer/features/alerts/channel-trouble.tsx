import { useQuery } from '@tanstack/react-query';
import { api } from '../../data/client.ts';
import { Shape } from '../../ui/status.tsx';
import css from './alarm-strip.module.css';
import { channels as names } from './strings.ts';

/** Channels that alerts use and that cannot be used now, and what takes their place. */
export function ChannelTrouble({ organisationId }: { organisationId: string }) {
  const view = useQuery(api.weekend.view.queryOptions({ input: { organisationId } }));
  const shut = view.data?.channels.filter(({ state }) => state !== 'ready') ?? [];
  if (shut.length === 0) return null;
  const all = shut.length === view.data?.channels.length;
  return (
    <p className={css.band} data-bad={all || undefined}>
      <Shape name="plug" tone={all ? 'emergency' : 'warning'} />
      <span>
        <strong>{shut.map(({ channel }) => names[channel]).join(', ')}</strong> cannot be reached:{' '}
        {[...new Set(shut.map(({ detail }) => detail.toLowerCase()))].join('; ')}.{' '}
        {all ? 'No alert leaves this computer; they are stored and shown here.' : 'The next channel takes their place.'}
      </span>
      <a href={`#/settings/systems/${shut[0]?.channel}`}>Connect</a>
    </p>
  );
}
