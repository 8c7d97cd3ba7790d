import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { issuesOf } from './issues_of.ts';

const schema = z.strictObject({ count: z.int(), fork: z.strictObject({ offset: z.int() }).optional() });
const issues = (value: unknown) => issuesOf(schema.safeParse(value).error ?? new z.ZodError([]));

test('issuesOf points at each part that is wrong', () => {
  const found = issues({ count: 'x', fork: { offset: -0.5, y: 1 }, other: 1 });
  const pointers = found.map(({ pointer }) => pointer);
  assert.deepEqual(pointers.toSorted(), ['#', '#/count', '#/fork', '#/fork/offset']);
  assert.ok(found.some(({ pointer, detail }) => pointer === '#' && detail === 'Unknown field "other"'));
});

test('issuesOf stays short, whatever was sent [P7]', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`${index}${'x'.repeat(10_000)}`, 1]));
  const text = JSON.stringify(issues(many));
  assert.ok(text.length < 2_000, String(text.length));
});
