import type { World } from '@packetboat/core';
import type { Case } from './case.ts';
import { CaseRun, type Failure } from './case_run.ts';

/** What a server did about one case. */
export interface Verdict {
  readonly case: Case;
  /** Why it failed; absent when it passed. */
  readonly failure?: Failure & { readonly step: number };
}

/** What {@linkcode checkServer} needs. */
export interface CheckOptions {
  /** `http://host:port` or `ws://…`: where the server is. */
  readonly url: string;
  readonly world: World;
  readonly cases: readonly Case[];
  /** Told of each verdict, as it comes. */
  readonly tell?: (verdict: Verdict) => void;
  /** How long an answer may take. @default 10_000 */
  readonly patienceMs?: number;
  /** Cases that run at a time: they share nothing but the server. @default 8 */
  readonly atOnce?: number;
}

/** Runs cases against a server. Those that wait begin first. */
export async function checkServer(options: CheckOptions): Promise<Verdict[]> {
  const { cases, tell, url, world, patienceMs = 10_000, atOnce = 8 } = options;
  const verdicts: Verdict[] = [];
  const run = async (each: Case) => {
    const failure = await new CaseRun({ url, world, patienceMs }).run(each);
    const verdict: Verdict = failure === undefined ? { case: each } : { case: each, failure };
    verdicts.push(verdict);
    tell?.(verdict);
  };
  const waiting = cases.filter(({ waits }) => waits !== undefined).map(run);
  const others = cases.filter(({ waits }) => waits === undefined).values();
  const lane = async () => {
    for (const each of others) await run(each);
  };
  await Promise.all([...waiting, ...Array.from({ length: atOnce }, lane)]);
  return verdicts;
}
