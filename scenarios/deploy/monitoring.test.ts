/** Holds what deploy/ tells Prometheus and Grafana to the metrics that a server really has. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

const deploy = new URL('../../deploy/', import.meta.url);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

/** What Prometheus adds to every series. */
const labelsOfPrometheus = ['instance', 'job', 'le'];
/** A server's own metrics, by name, with the names of their labels. */
const metrics = new Map<string, ReadonlySet<string>>();
let folder: Awaited<ReturnType<typeof tempFolder>>;
let server: Running;

before(async () => {
  folder = await tempFolder();
  const started = await serve(folder.path);
  server = started;
  // Something of every kind that has labels only once it happened.
  const stream = `${started.url}/v1/stream/a`;
  await fetch(stream, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'x' });
  await fetch(`${started.url}/v1/streams/none`);
  const page = await (await fetch(`${started.url}/metrics`)).text();
  for (const [, name = ''] of page.matchAll(/^# TYPE (\S+)/gm)) metrics.set(name, new Set());
  for (const [, name = '', labels = ''] of page.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
    metrics.set(name, new Set([...(metrics.get(name) ?? []), ...names]));
  }
  for (const [, name = ''] of page.matchAll(/^(\w+) /gm)) metrics.set(name, metrics.get(name) ?? new Set());
});

after(async () => {
  await server.end();
  await folder[Symbol.asyncDispose]();
});

/** Fails for a metric or label that no server has. */
function checkExpression(expression: string): void {
  const names = [...expression.matchAll(/\b(?:packetboat|process|nodejs)_\w+/g)].map(([name]) => name);
  assert.ok(names.length > 0 || expression.startsWith('up{'), expression);
  const known = new Set(labelsOfPrometheus);
  for (const name of names) {
    const labels = metrics.get(name);
    assert.ok(labels !== undefined, `${name} in ${expression}`);
    for (const label of labels) known.add(label);
  }
  const selected = [...expression.matchAll(/[{,](\w+)(?:=~?|!=|!~)"/g)].map(([, label = '']) => label);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  for (const label of [...selected, ...grouped]) assert.ok(known.has(label), `${label} in ${expression}`);
}

test('deploy: dashboard: every expression asks for metrics and labels that exist', async () => {
  const { panels, templating } = JSON.parse(
    await readFile(new URL('grafana/packetboat.json', deploy), 'utf8'),
  ) as Dashboard;
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(expressions.length > 30);
  for (const expression of expressions) checkExpression(expression);
  const variables = new Set(['$__rate_interval', ...templating.list.map(({ name }) => `$${name}`)]);
  for (const expression of expressions) {
    for (const [variable] of expression.matchAll(/\$\w+/g)) assert.ok(variables.has(variable), variable);
  }
});

test('deploy: dashboard: panels have ids of their own and do not cover each other', async () => {
  const { panels } = JSON.parse(await readFile(new URL('grafana/packetboat.json', deploy), 'utf8')) as Dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.equal(taken.get(`${x} ${y}`), undefined, `${title} lies on another panel`);
        taken.set(`${x} ${y}`, title);
      }
    }
  }
});

test('deploy: alerts: every expression asks for metrics and labels that exist', async () => {
  const text = await readFile(new URL('prometheus/alerts.yml', deploy), 'utf8');
  const expressions = [...text.matchAll(/^ +expr: (.+)$/gm)].map(([, expression = '']) => expression);
  assert.equal(expressions.length, text.match(/^ +- alert: /gm)?.length);
  for (const expression of expressions) checkExpression(expression);
});

test('deploy: prometheus: its rules lie where its configuration says', async () => {
  const text = await readFile(new URL('prometheus/prometheus.yml', deploy), 'utf8');
  const [, file = ''] = /^rule_files: \[(.+)\]$/m.exec(text) ?? [];
  assert.ok(existsSync(new URL(`prometheus/${file}`, deploy)), file);
});
