import type { Verdict } from './check_server.ts';

/** A verdict as lines of text. */
export function tellVerdict({ case: { name, clause, why, steps }, failure }: Verdict): string {
  if (failure === undefined) return `ok      ${name}`;
  const step = JSON.stringify(steps[failure.step]);
  return [
    `FAILED  ${name}`,
    `        docs/protocol/session.md, section ${clause}: ${why}`,
    `        step ${failure.step + 1} of ${steps.length}: ${step.length > 200 ? `${step.slice(0, 200)}…` : step}`,
    `        expected  ${failure.expected}`,
    `        seen      ${failure.seen}`,
  ].join('\n');
}
