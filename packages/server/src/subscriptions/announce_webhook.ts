import type { Broker } from '../broker/broker.ts';
import type { Announce } from './announce.ts';
import type { CallWebhook } from './call_webhook.ts';
import { subscriptionUrl } from './subscription_url.ts';
import type { WebhookKey } from './webhook_key.ts';
import type { WebhookSlots } from './webhook_slots.ts';
import { type WebhookOptions, webhookTarget } from './webhook_target.ts';

/** What {@linkcode announceWebhook} needs. */
export interface WebhookAnnouncer {
  readonly broker: Broker;
  readonly options: WebhookOptions;
  readonly slots: WebhookSlots;
  readonly key: () => Promise<WebhookKey>;
  readonly call: CallWebhook;
}

/** A call that takes longer makes its receiver a slow one. */
const slowMs = 1_000;

/**
 * Tells of the wakes of one subscription by a signed POST to its receiver. Any 2xx means that it knows;
 * `{"done":true}` that it is done.
 */
export function announceWebhook({ broker, options, slots, key, call }: WebhookAnnouncer): Announce {
  const { world, counters } = broker;
  let slow = false;
  return async ({ id, config, origin, generation, wakeId, token, streams, signal }) => {
    const target = webhookTarget(config.webhookUrl ?? '', options);
    if (typeof target === 'string') throw new Error(target);
    const signer = await key();
    const body = JSON.stringify({
      subscription_id: id,
      wake_id: wakeId,
      generation,
      streams,
      callback_url: `${subscriptionUrl(origin, id)}/callback`,
      callback_token: token,
    });
    return slots.run(slow, async () => {
      signal.throwIfAborted();
      const startMs = world.clock.monotonicMs();
      const signature = signer.sign(body, world.clock.wallNs());
      const headers = { 'Content-Type': 'application/json', 'Webhook-Signature': signature };
      counters.webhookCalls += 1;
      try {
        const answer = await call({ target, headers, body, signal });
        if (answer.status < 200 || answer.status > 299) throw new Error(`The receiver answered ${answer.status}`);
        slow = world.clock.monotonicMs() - startMs > slowMs;
        return saysDone(answer.body) ? 'done' : 'taken';
      } catch (error) {
        slow = true;
        counters.webhookFailures += 1;
        throw error;
      }
    });
  };
}

function saysDone(body: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(body ?? '');
    return typeof value === 'object' && value !== null && 'done' in value && value.done === true;
  } catch {
    return false;
  }
}
