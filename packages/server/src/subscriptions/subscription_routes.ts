import { checkStreamName, PacketboatError, quoted } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { StreamAnswer, StreamRequest } from '../doors/streams/stream_request.ts';
import { errorAnswer, refusalAnswer } from './error_answer.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import type { SubscriptionActor } from './subscription_actor.ts';
import { subscriptionPrefix } from './subscription_log.ts';
import { parseAck, parseClaim, parsePut, parseRelease, parseStream, parseStreams } from './subscription_requests.ts';
import { controlPath } from './subscription_url.ts';
import { subscriptionView } from './subscription_view.ts';
import type { Subscriptions } from './subscriptions.ts';

/** A request to a control route, without its socket. */
export type ControlRequest = Pick<StreamRequest, 'method' | 'path' | 'origin' | 'header' | 'body'>;

/** What a route does by each of its methods. */
type Route = Readonly<Record<string, () => Promise<StreamAnswer | Refusal>>>;

const noContent: StreamAnswer = { status: 204, headers: {} };

/** The control routes of subscriptions, below {@linkcode controlPath} (Durable Streams protocol, section 6). */
export class SubscriptionRoutes {
  readonly #broker: Broker;
  readonly #subscriptions: Subscriptions;

  constructor(broker: Broker, subscriptions: Subscriptions) {
    this.#broker = broker;
    this.#subscriptions = subscriptions;
  }

  /** Answers a request, also when it is refused. Rejects only with a defect of ours. */
  async answer(request: ControlRequest): Promise<StreamAnswer> {
    try {
      this.#broker.checkReady();
      const { method, path } = request;
      const route = this.#find(request);
      if (route === undefined) return refusalAnswer({ refused: 'NOT_FOUND', message: `Nothing is at ${quoted(path)}` });
      const run = route[method === 'HEAD' ? 'GET' : method];
      if (run === undefined) {
        const message = `${quoted(method)} is not done to ${quoted(path)}`;
        const allow = Object.keys(route).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
        return refusalAnswer({ refused: 'METHOD_NOT_ALLOWED', message }, { Allow: allow.join(', ') });
      }
      const outcome = await run();
      return isRefusal(outcome) ? refusalAnswer(outcome) : outcome;
    } catch (error) {
      return errorAnswer(error, this.#broker);
    }
  }

  #find(request: ControlRequest): Route | undefined {
    const [kind, ...parts] = request.path.slice(controlPath.length + 1).split('/');
    if (kind === 'jwks.json' && parts.length === 0) return { GET: () => this.#keys() };
    const [idPart = '', action, ...rest] = parts;
    if (kind !== 'subscriptions' || idPart === '') return undefined;
    const id = this.#checkId(decode(idPart));
    if (action === undefined) return this.#subscription(id, request);
    const to = (run: (actor: SubscriptionActor) => Promise<StreamAnswer | Refusal>) => () => this.#with(id, run);
    if (action === 'streams' && rest.length > 0) {
      return { DELETE: to((actor) => this.#unlink(actor, decode(rest.join('/')))) };
    }
    if (rest.length > 0) return undefined;
    switch (action) {
      case 'streams':
        return { POST: to((actor) => this.#link(actor, request)) };
      case 'callback':
        return { POST: to((actor) => this.#ack(actor, request)) };
      case 'claim':
        return { POST: to((actor) => this.#claim(actor, request)) };
      case 'ack':
        return { POST: to(async (actor) => pullOnly(actor) ?? this.#ack(actor, request)) };
      case 'release':
        return { POST: to((actor) => this.#release(actor, request)) };
      default:
        return undefined;
    }
  }

  #subscription(id: string, request: ControlRequest): Route {
    return {
      PUT: () => this.#put(id, request),
      GET: () => this.#with(id, (actor) => this.#view(200, actor)),
      DELETE: async () => {
        await this.#subscriptions.delete(id);
        return noContent;
      },
    };
  }

  /** Runs on the subscription of that id, if there is one. */
  async #with(
    id: string,
    run: (actor: SubscriptionActor) => Promise<StreamAnswer | Refusal>,
  ): Promise<StreamAnswer | Refusal> {
    const actor = this.#subscriptions.find(id);
    if (actor !== undefined) return run(actor);
    return { refused: 'SUBSCRIPTION_NOT_FOUND', message: `There is no subscription ${quoted(id)}` };
  }

  /** The keys that calls are signed with (RFC 7517). */
  async #keys(): Promise<StreamAnswer> {
    const { publicJwk } = await this.#subscriptions.key();
    const headers = { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' };
    return { status: 200, headers, body: [Buffer.from(JSON.stringify({ keys: [publicJwk] }))] };
  }

  async #put(id: string, { body, origin }: ControlRequest): Promise<StreamAnswer | Refusal> {
    const outcome = await this.#subscriptions.put(id, parsePut(body, this.#broker.limits), origin);
    return isRefusal(outcome) ? outcome : this.#view(outcome.created ? 201 : 200, outcome.actor);
  }

  async #view(status: number, actor: SubscriptionActor): Promise<StreamAnswer> {
    const key = actor.state.config.type === 'webhook' ? await this.#subscriptions.key() : undefined;
    return json(status, subscriptionView(actor, key));
  }

  async #link(actor: SubscriptionActor, { body }: ControlRequest): Promise<StreamAnswer | Refusal> {
    return (await actor.link(parseStreams(body, this.#broker.limits))) ?? noContent;
  }

  async #unlink(actor: SubscriptionActor, stream: string): Promise<StreamAnswer | Refusal> {
    return (await actor.unlink(parseStream(stream, this.#broker.limits))) ?? noContent;
  }

  async #claim(actor: SubscriptionActor, { body }: ControlRequest): Promise<StreamAnswer | Refusal> {
    const claim = pullOnly(actor) ?? (await actor.claim(parseClaim(body, this.#broker.limits)));
    if (isRefusal(claim)) return claim;
    const { wakeId, generation, token, streams, leaseMs } = claim;
    return json(200, { wake_id: wakeId, generation, token, streams, lease_ttl_ms: leaseMs });
  }

  async #ack(actor: SubscriptionActor, request: ControlRequest): Promise<StreamAnswer | Refusal> {
    const token = bearerToken(request);
    if (isRefusal(token)) return token;
    const outcome = await actor.ack({ ...token, ...parseAck(request.body, this.#broker.limits) });
    return isRefusal(outcome) ? outcome : json(200, { ok: true, next_wake: outcome.nextWake });
  }

  async #release(actor: SubscriptionActor, request: ControlRequest): Promise<StreamAnswer | Refusal> {
    const token = pullOnly(actor) ?? bearerToken(request);
    if (isRefusal(token)) return token;
    return (await actor.release({ ...token, ...parseRelease(request.body) })) ?? noContent;
  }

  /** An id is what makes a valid stream name behind the prefix. */
  #checkId(id: string): string {
    checkStreamName(subscriptionPrefix + id, this.#broker.limits.streamNameBytesMax);
    return id;
  }
}

function pullOnly(actor: SubscriptionActor): Refusal | undefined {
  if (actor.state.config.type === 'pull-wake') return undefined;
  return { refused: 'INVALID_REQUEST', message: `Subscription ${quoted(actor.id)} is no pull-wake` };
}

/** The token in `Authorization: Bearer` (RFC 6750). */
function bearerToken(request: ControlRequest): { readonly token: string } | Refusal {
  const [, token] = /^bearer +([^\s]+) *$/i.exec(request.header('authorization') ?? '') ?? [];
  return token === undefined
    ? { refused: 'TOKEN_INVALID', message: 'A token is needed: Authorization: Bearer …' }
    : { token };
}

function json(status: number, value: object): StreamAnswer {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return { status, headers, body: [Buffer.from(JSON.stringify(value))] };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PacketboatError('badName', `${quoted(text)} is not percent-encoded UTF-8`);
  }
}
