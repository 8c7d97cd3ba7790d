/** The little of `node:assert/strict` that the shared cases use, for a page. */

export function ok(value: unknown, message = 'It does not hold'): asserts value {
  if (!value) throw new Error(message);
}

export function equal(actual: unknown, expected: unknown, message = 'Not equal'): void {
  ok(Object.is(actual, expected), `${message}: ${describe(actual)} instead of ${describe(expected)}`);
}

export function deepEqual(actual: unknown, expected: unknown, message = 'Not equal'): void {
  ok(isEqual(actual, expected), `${message}: ${describe(actual)} instead of ${describe(expected)}`);
}

export async function rejects(
  promise: Promise<unknown>,
  expected: { readonly code?: string; readonly message?: RegExp } = {},
): Promise<void> {
  const { error } = await promise.then(
    () => ({ error: undefined }),
    (reason: unknown) => ({ error: reason }),
  );
  ok(error instanceof Error, 'It was not rejected');
  if (expected.code !== undefined) equal((error as { readonly code?: unknown }).code, expected.code, error.message);
  if (expected.message !== undefined) ok(expected.message.test(error.message), error.message);
}

export default { ok, equal, deepEqual, rejects };

function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (one instanceof Set && other instanceof Set) return isEqual([...one], [...other]);
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => isEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]));
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
}
