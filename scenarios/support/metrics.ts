import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const pauseMs = 10;
/** How long a value is waited for: many times what a slow machine needs. */
const patienceMs = 30_000;

/** The value of a server's metric, named without `packetboat_` and with its labels; 0 when these were never counted. */
export async function metric(url: string, name: string): Promise<number> {
  return metricIn(await metrics(url), name);
}

/** Asks until a metric is as it should be: nothing else tells when. */
export async function metricIs(url: string, name: string, right: (value: number) => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const value = await metric(url, name);
    if (right(value)) return;
    assert.ok(performance.now() < deadlineMs, `${name} is ${value} after ${patienceMs} ms`);
    await pause(pauseMs);
  }
}

/** All metrics, as they stand in `/metrics`. */
export async function metrics(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { Connection: 'close' } });
  return response.text();
}

/** One metric of {@linkcode metrics}. */
export function metricIn(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`packetboat_${name} `));
  assert.ok(line !== undefined || name.includes('{'), `there is no metric ${name}`);
  return Number(line?.split(' ').at(-1) ?? 0);
}
