import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { errorTable } from '@packetboat/core';
import { methods } from '../../methods/registry.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { testServer } from '../../testing/test_server.ts';
import { apiApp } from './api_app.ts';
import { KeptAnswers } from '../../broker/kept_answers.ts';
import { openApiDocument } from './openapi_document.ts';

/** JSON as anybody reads it who got the document over the wire. */
interface Node {
  readonly [name: string]: unknown;
}

interface Operation {
  readonly verb: string;
  readonly path: string;
  readonly node: Node;
  readonly parameters: readonly Node[];
}

const verbs = ['get', 'head', 'put', 'post', 'delete'];
let document: Node;

before(() => {
  const { broker } = testBroker();
  document = JSON.parse(JSON.stringify(openApiDocument(apiApp(broker, KeptAnswers.ofHttp(broker)))));
});

function operations(): Operation[] {
  return Object.entries(document['paths'] as Record<string, Node>).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([verb, node]) => {
      if (!verbs.includes(verb)) return [];
      const parameters = [...list(item['parameters']), ...list((node as Node)['parameters'])].map(resolve);
      return [{ verb, path, node: node as Node, parameters }];
    }),
  );
}

const list = (value: unknown): Node[] => (value as Node[] | undefined) ?? [];

function resolve(node: Node): Node {
  const { $ref } = node;
  if (typeof $ref !== 'string') return node;
  let found: unknown = document;
  for (const part of $ref.replace(/^#\//, '').split('/')) found = (found as Node | undefined)?.[part];
  assert.ok(typeof found === 'object' && found !== null, `${$ref} leads nowhere`);
  return found as Node;
}

/** Calls `visit` for every object in the document. */
function walk(value: unknown, where: string, visit: (node: Node, where: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Node, where);
  for (const [name, inner] of Object.entries(value)) walk(inner, `${where}/${name}`, visit);
}

test('the OpenAPI document is one: every reference leads somewhere, every operation is complete', () => {
  assert.match(String(document['openapi']), /^3\.1\.\d$/);
  walk(document, '#', (node) => void resolve(node));
  const ids = new Set<string>();
  const tags = new Set(list(document['tags']).map(({ name }) => name));
  for (const { verb, path, node, parameters } of operations()) {
    const where = `${verb} ${path}`;
    const { operationId, summary, responses } = node;
    assert.ok(typeof operationId === 'string' && !ids.has(operationId), `${where}: operationId`);
    ids.add(operationId);
    assert.match(String(summary), /^\p{Lu}.*[^.]$/u, where);
    for (const tag of node['tags'] as string[]) assert.ok(tags.has(tag), `${where}: tag ${tag}`);
    for (const [status, response] of Object.entries(responses as Node)) {
      assert.match(status, /^(?:[1-5]\d\d|default)$/, where);
      assert.equal(typeof resolve(response as Node)['description'], 'string', where);
    }
    const names = new Set(parameters.map(({ in: place, name }) => `${String(place)} ${String(name)}`));
    assert.equal(names.size, parameters.length, `${where}: a parameter stands twice`);
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => `path ${name}`);
    assert.deepEqual([...names].filter((name) => name.startsWith('path ')).toSorted(), inPath.toSorted(), where);
    for (const { in: place, name, required, schema } of parameters) {
      assert.ok(['path', 'query', 'header'].includes(String(place)), `${where}: ${String(name)}`);
      assert.ok(place !== 'path' || required === true, `${where}: ${String(name)} is required`);
      assert.equal(typeof schema, 'object', `${where}: ${String(name)}`);
      // Section 4.8.12 of the specification: such parameters are ignored, but Authorization is told here all the same.
      assert.ok(!['Accept', 'Content-Type'].includes(String(name)), `${where}: ${String(name)}`);
    }
  }
});

test('the OpenAPI document has every method of the registry, with all its parameters, and no other in their places', () => {
  const described = new Map(operations().map((operation) => [operation.node['operationId'], operation]));
  for (const [name, { route, params }] of methods) {
    const operation = described.get(name);
    assert.ok(operation, name);
    assert.deepEqual([operation.verb, operation.path], [route.verb.toLowerCase(), route.path]);
    const body = operation.node['requestBody'] as { content: Record<string, { schema: Node }> } | undefined;
    const fields = Object.keys((body?.content['application/json']?.schema['properties'] as Node | undefined) ?? {});
    const told = operation.parameters
      .filter(({ in: place }) => place !== 'header')
      .map(({ name: each }) => String(each));
    assert.deepEqual([...told, ...fields].toSorted(), Object.keys(params.shape).toSorted(), name);
  }
  const features = new Set([...methods.keys()].map((name) => name.split('.')[0]));
  for (const id of described.keys()) {
    if (features.has(String(id).split('.')[0])) assert.ok(methods.has(String(id)), String(id));
  }
});

test('the OpenAPI document tells every error code with its status', () => {
  const { properties } = resolve({ $ref: '#/components/schemas/Problem' }) as {
    properties: { code: { oneOf: Node[] } };
  };
  const told = properties.code.oneOf.map(({ const: code }) => String(code));
  assert.deepEqual(told.toSorted(), Object.keys(errorTable).toSorted());
});

test('every operation of the OpenAPI document is served, and nothing else is allowed at its path', async () => {
  await using bench = await testServer();
  const byPath = Map.groupBy(operations(), ({ path }) => path);
  for (const [path, all] of byPath) {
    // Upgrades are no plain requests.
    if (path === '/v1/session') continue;
    const url = bench.server.url + path.replaceAll(/\{\w+\}/g, 'x');
    const allow = (await fetch(url, { method: 'OPTIONS' })).headers.get('allow')?.split(', ') ?? [];
    const told = all.map(({ verb }) => verb.toUpperCase());
    for (const verb of told) assert.ok(allow.includes(verb), `${verb} ${path}`);
    if (path.startsWith('/v1/stream/__ds')) continue;
    assert.deepEqual(
      allow.filter((verb) => verb !== 'OPTIONS' && verb !== 'HEAD').toSorted(),
      told.filter((verb) => verb !== 'HEAD').toSorted(),
    );
  }
});
