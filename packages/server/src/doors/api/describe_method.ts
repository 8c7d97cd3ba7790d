import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Method } from '../../methods/method.ts';

type Operation = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];

const verbNames = { GET: 'get', PUT: 'put', POST: 'post', DELETE: 'delete' } as const;
const keyField = { $ref: '#/components/parameters/IdempotencyKey' };

/** A method as an operation of the OpenAPI document. */
export function describeMethod(method: Method): Operation {
  const { name, summary, description, route, grant, params, result } = method;
  const isNew = method.isNew !== undefined;
  const answer = (what: string) => ({ description: what, content: { 'application/json': { schema: result } } });
  const inPath = new Set(Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, parameter]) => parameter));
  const part = (isPart: (parameter: string) => boolean) =>
    z.strictObject(Object.fromEntries(Object.entries(params.shape).filter(([parameter]) => isPart(parameter))));
  const others = part((parameter) => !inPath.has(parameter));
  const takesBody = route.verb === 'PUT' || route.verb === 'POST';
  return {
    method: verbNames[route.verb],
    path: route.path,
    operationId: name,
    tags: [name.slice(0, name.indexOf('.'))],
    summary,
    description,
    'x-packetboat-grant': grant,
    ...(route.verb !== 'GET' && { parameters: [keyField] }),
    request: {
      params: part((parameter) => inPath.has(parameter)),
      ...(!takesBody && { query: others }),
      ...(takesBody && Object.keys(others.shape).length > 0 && { body: bodyOf(others) }),
    },
    responses: {
      ...(isNew && { 201: answer('Done, and it is new.') }),
      200: answer(isNew ? 'It exists already.' : 'Done.'),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function bodyOf(schema: z.ZodObject) {
  return { required: !schema.safeParse({}).success, content: { 'application/json': { schema } } };
}
