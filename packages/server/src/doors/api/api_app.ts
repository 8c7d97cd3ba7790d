import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { PacketboatError, quoted } from '@packetboat/core';
import type { Context } from 'hono';
import type { Broker } from '../../broker/broker.ts';
import type { KeptAnswers } from '../../broker/kept_answers.ts';
import type { Method } from '../../methods/method.ts';
import { methods, prepareCall } from '../../methods/registry.ts';
import { runKeyed } from '../../methods/run_keyed.ts';
import { readBody } from '../read_body.ts';
import { describeMethod } from './describe_method.ts';
import { parseIdempotencyKey } from '../idempotency_key.ts';
import { requestParams } from './request_params.ts';

type ApiContext = Context<{ Bindings: HttpBindings }>;

/** The methods of the registry as an application of routes, each with its description. Errors are thrown out of it. */
export function apiApp(broker: Broker, kept: KeptAnswers): OpenAPIHono<{ Bindings: HttpBindings }> {
  const app = new OpenAPIHono<{ Bindings: HttpBindings }>();
  for (const method of methods.values()) {
    const { verb, path } = method.route;
    app.openAPIRegistry.registerPath(describeMethod(method));
    app.on(verb, path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => answer(broker, kept, method, context));
  }
  app.notFound(({ req }) => {
    throw new PacketboatError('unknownPath', `There is nothing at ${quoted(req.path)}`);
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}

/** Answers one request: parameters, checks, the effect (once for each `Idempotency-Key`), the result as JSON. */
async function answer(broker: Broker, kept: KeptAnswers, method: Method, context: ApiContext): Promise<Response> {
  const { limits } = broker;
  const { incoming, outgoing } = context.env;
  const { req } = context;
  const given = requestParams(method, {
    path: req.param(),
    query: new URL(req.url).searchParams,
    contentType: req.header('content-type'),
    body: await readBody(incoming, outgoing, broker),
  });
  const params = prepareCall(broker, method, given);
  const field = method.route.verb === 'GET' ? undefined : req.header('idempotency-key');
  const callKey = field === undefined ? undefined : { key: parseIdempotencyKey(field, limits.keyCharactersMax), kept };
  const result = await runKeyed(broker, method, params, callKey);
  const status = method.isNew?.(result as Record<string, unknown>) === true ? 201 : 200;
  return Response.json(result, { status, headers: { 'Cache-Control': 'no-store' } });
}
