/** What the control API does: Toxiproxy's routes, in Toxiproxy's words. */
import { PacketboatError } from '@packetboat/core';
import { formatAddress, isLoopback, parseAddress } from '../address.ts';
import type { AppliedFault } from '../applied_fault.ts';
import { faultKind } from '../fault_table.ts';
import { metricsText } from '../metrics_text.ts';
import type { Endpoint, Proxy } from '../proxy.ts';
import type { ProxySet, ProxyWish } from '../proxy_set.ts';
import { badBody } from './read_json.ts';
import { attributesOf, faultOf, parseStream, toxicOf } from './toxic.ts';

/** A request that was let in. */
export interface ApiRequest {
  readonly proxies: ProxySet;
  /** What stands for `{proxy}` and `{toxic}` in the route. */
  readonly proxy: string;
  readonly toxic: string;
  /** The body as JSON, `{}` without one. */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  /** JSON, or text. @default no body */
  readonly body?: unknown;
  /** The methods that there are, when there is none of the name. */
  readonly allow?: string;
}

/** One route: `GET /proxies/{proxy}`. */
type Handler = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

/** The version of Toxiproxy whose API this is; its clients ask. */
const version = '2.12.0+packetboat';

/** Path pattern to method to handler. */
export const routes: ReadonlyMap<string, ReadonlyMap<string, Handler>> = new Map([
  ['/version', new Map([['GET', () => ok({ version })]])],
  ['/metrics', new Map([['GET', ({ proxies }: ApiRequest) => ok(metricsText(proxies))]])],
  ['/reset', new Map([['POST', reset]])],
  ['/populate', new Map([['POST', populate]])],
  [
    '/proxies',
    new Map<string, Handler>([
      ['GET', listProxies],
      ['POST', createProxy],
    ]),
  ],
  [
    '/proxies/{proxy}',
    new Map<string, Handler>([
      ['GET', ({ proxies, proxy }) => ok(proxyBody(proxy, proxies.get(proxy)))],
      ['POST', updateProxy],
      ['PATCH', updateProxy],
      ['DELETE', deleteProxy],
    ]),
  ],
  [
    '/proxies/{proxy}/toxics',
    new Map<string, Handler>([
      ['GET', ({ proxies, proxy }) => ok(proxies.get(proxy).faults.map(toxicOf))],
      ['POST', createToxic],
    ]),
  ],
  [
    '/proxies/{proxy}/toxics/{toxic}',
    new Map<string, Handler>([
      ['GET', (request) => ok(toxicOf(findToxic(request)))],
      ['POST', updateToxic],
      ['PATCH', updateToxic],
      ['DELETE', deleteToxic],
    ]),
  ],
]);

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

function proxyBody(name: string, proxy: Proxy): object {
  return {
    name,
    listen: formatAddress(proxy),
    upstream: formatAddress(proxy.target),
    enabled: proxy.enabled,
    toxics: proxy.faults.map(toxicOf),
  };
}

function listProxies({ proxies }: ApiRequest): ApiAnswer {
  return ok(Object.fromEntries(proxies.entries().map(([name, proxy]) => [name, proxyBody(name, proxy)])));
}

async function createProxy({ proxies, body }: ApiRequest): Promise<ApiAnswer> {
  const { name, wish } = newProxy(fieldsOf(body));
  const proxy = await proxies.create(name, wish);
  return { status: 201, body: proxyBody(name, proxy) };
}

async function updateProxy({ proxies, proxy: name, body }: ApiRequest): Promise<ApiAnswer> {
  const proxy = proxies.get(name);
  const now: ProxyWish = { listen: proxy, upstream: proxy.target, enabled: proxy.enabled };
  return ok(proxyBody(name, await proxies.update(name, wishOf(fieldsOf(body), now))));
}

async function deleteProxy({ proxies, proxy }: ApiRequest): Promise<ApiAnswer> {
  await proxies.delete(proxy);
  return { status: 204 };
}

async function reset({ proxies }: ApiRequest): Promise<ApiAnswer> {
  await proxies.reset();
  return { status: 204 };
}

/** Creates or updates what is listed; nothing, if one of them cannot be read. */
async function populate({ proxies, body }: ApiRequest): Promise<ApiAnswer> {
  if (!Array.isArray(body)) throw badBody('it is not an array of proxies');
  const wanted = body.map((item: unknown) => newProxy(fieldsOf(item)));
  const names = new Set(wanted.map(({ name }) => name));
  if (names.size < wanted.length) throw badBody('a name is there twice');
  const made: object[] = [];
  for (const { name, wish } of wanted) {
    const exists = proxies.entries().some(([known]) => known === name);
    made.push(proxyBody(name, await (exists ? proxies.update(name, wish) : proxies.create(name, wish))));
  }
  return { status: 201, body: { proxies: made } };
}

function createToxic({ proxies, proxy: name, body }: ApiRequest): ApiAnswer {
  const proxy = proxies.get(name);
  const fields = fieldsOf(body);
  const { type, stream = 'downstream', toxicity = 1, attributes = {} } = fields;
  const direction = parseStream(stream);
  const fault = faultOf(type, attributes);
  const toxic = textOf(fields, 'name') ?? `${fault.fault}_${String(stream)}`;
  if (proxy.faults.some((applied) => applied.name === toxic)) {
    throw new PacketboatError('exists', 'toxic already exists');
  }
  const applied = proxy.add(fault, {
    name: toxic,
    ...(faultKind(fault).scope === 'bytes' && { direction }),
    ...(toxicity !== 1 && { toxicity: toxicity as number }),
  });
  return ok(toxicOf(applied));
}

async function updateToxic(request: ApiRequest): Promise<ApiAnswer> {
  const applied = findToxic(request);
  const { attributes = {}, toxicity } = fieldsOf(request.body);
  const fault = faultOf(applied.fault.fault, { ...attributesOf(applied.fault), ...fieldsOf(attributes) });
  const proxy = request.proxies.get(request.proxy);
  const place = toxicity === undefined ? {} : { toxicity: toxicity as number };
  return ok(toxicOf(await proxy.change(applied, fault, place)));
}

async function deleteToxic(request: ApiRequest): Promise<ApiAnswer> {
  await request.proxies.get(request.proxy).remove(findToxic(request));
  return { status: 204 };
}

function findToxic({ proxies, proxy, toxic }: ApiRequest): AppliedFault {
  const found = proxies.get(proxy).faults.find(({ name }) => name === toxic);
  if (found === undefined) throw new PacketboatError('notFound', 'toxic not found');
  return found;
}

function newProxy(fields: Readonly<Record<string, unknown>>): { readonly name: string; readonly wish: ProxyWish } {
  const name = textOf(fields, 'name');
  for (const [field, value] of Object.entries({ name, upstream: fields['upstream'] })) {
    if (value === undefined) throw new PacketboatError('badRequest', `missing required field: ${field}`);
  }
  const free: Endpoint = { host: '127.0.0.1', port: 0 };
  return { name: name ?? '', wish: wishOf(fields, { listen: free, upstream: free, enabled: true }) };
}

/** @param now What holds for fields that are not there. */
function wishOf(fields: Readonly<Record<string, unknown>>, now: ProxyWish): ProxyWish {
  const listen = textOf(fields, 'listen');
  const upstream = textOf(fields, 'upstream');
  const { enabled = now.enabled } = fields;
  if (typeof enabled !== 'boolean') throw badBody('enabled is neither true nor false');
  const wish = {
    listen: listen === undefined ? now.listen : parseAddress(listen),
    upstream: upstream === undefined ? now.upstream : parseAddress(upstream),
    enabled,
  };
  // P9: whoever reaches this API is on this machine; whom it lets in from elsewhere is for the command line to say.
  if (listen !== undefined && !isLoopback(wish.listen.host) && wish.listen.host !== now.listen.host) {
    throw new PacketboatError('forbidden', 'through the API a proxy listens on this machine only: 127.0.0.1');
  }
  return wish;
}

/** A field that has to be text; `''` is as if it were not there. */
function textOf(fields: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = fields[field] ?? '';
  if (typeof value !== 'string') throw badBody(`${field} is not a string`);
  return value === '' ? undefined : value;
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw badBody('it is not an object');
}
