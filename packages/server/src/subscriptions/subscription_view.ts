import { formatRfc3339 } from '../doors/streams/rfc3339.ts';
import type { SubscriptionActor } from './subscription_actor.ts';
import { controlPath } from './subscription_url.ts';
import type { WebhookKey } from './webhook_key.ts';

/**
 * A subscription as clients see it (Durable Streams protocol, section 6). `refused_links` is ours: how many times a
 * stream was not linked because the subscription is full.
 *
 * @param key Signs the calls, if it is a webhook's.
 */
export function subscriptionView(actor: SubscriptionActor, key: WebhookKey | undefined): object {
  const { id, state, links, isFailing, refusedLinks } = actor;
  const { config, createdMs, origin } = state;
  return {
    id,
    subscription_id: id,
    type: config.type,
    pattern: config.pattern,
    streams: links.map(({ path, link_type, acked_offset }) => ({ path, link_type, acked_offset })),
    webhook: key === undefined ? undefined : { url: config.webhookUrl, signing: signingOf(key, origin) },
    wake_stream: config.wakeStream,
    lease_ttl_ms: config.leaseMs,
    created_at: formatRfc3339(createdMs),
    status: isFailing ? 'failed' : 'active',
    description: config.description,
    refused_links: refusedLinks === 0 ? undefined : refusedLinks,
  };
}

/** How receivers verify a call. */
function signingOf({ publicJwk }: WebhookKey, origin: string): object {
  return { alg: 'ed25519', kid: publicJwk.kid, jwks_url: `${origin}${controlPath}/jwks.json` };
}
