import { z } from 'zod';
import type { ClientHooks } from '../kit/adapter.ts';
import { openTave, Written } from './client.ts';
import type { TaveContext } from './kit.ts';

const Hooks = z.object({
  items: z.array(z.object({ id: z.string(), event: z.string().nullish(), url: z.string().nullish() })),
});
const event = 'contact.created';

/** The address without its question: where our earlier subscriptions lead, whatever token they carry. */
const placeOf = (url: string) => {
  const { origin, pathname, searchParams } = new URL(url);
  return `${origin}${pathname} ${searchParams.get('vendor') ?? ''}`;
};

/**
 * REST hooks for new clients. They are not signed: the address carries a token, and what they say is only a hint to look.
 * Persons alone: the contact we keep our own figures in is a company, and must not call us.
 */
export const clientHooks: ClientHooks<TaveContext> = {
  async subscribe(ctx, { vendorId, url }) {
    const address = new URL(url);
    address.searchParams.set('event', event);
    const tave = await openTave(ctx, vendorId);
    const { items } = await tave.get('/rest-hook', Hooks, { pageSize: '100' });
    const ours = items.filter((hook) => hook.url && URL.canParse(hook.url) && placeOf(hook.url) === placeOf(url));
    if (!ours.some((hook) => hook.url === address.href && hook.event === event)) {
      const body = { event, url: address.href, limitTo: { contactKinds: ['person'] } };
      await tave.write('POST', '/rest-hook', body, Written);
    }
    // An older token's subscription would only be refused from now on.
    for (const { id, url: old } of ours) if (old !== address.href) await tave.remove(`/rest-hook/${id}`);
  },
  async unsubscribe(ctx, { vendorId, url }) {
    const tave = await openTave(ctx, vendorId);
    const { items } = await tave.get('/rest-hook', Hooks, { pageSize: '100' });
    for (const hook of items) {
      if (hook.url && URL.canParse(hook.url) && placeOf(hook.url) === placeOf(url))
        await tave.remove(`/rest-hook/${hook.id}`);
    }
  },
};
