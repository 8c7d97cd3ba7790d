/** Where the control routes of subscriptions begin (Durable Streams protocol, section 6). */
export const controlPath = '/v1/stream/__ds';

/** The URL of a subscription on the server that is reached at `origin`. */
export function subscriptionUrl(origin: string, id: string): string {
  return `${origin}${controlPath}/subscriptions/${encodeURIComponent(id)}`;
}
