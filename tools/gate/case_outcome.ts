import type { TestResult } from './tally.ts';

/** What vitest tells of a failure. */
export interface CaseError {
  readonly message: string;
  readonly stack?: string;
}

/**
 * What a case of the published suite counts as.
 *
 * @param clause What says that the case itself is wrong, if anything does.
 */
export function caseOutcome(
  state: string,
  errors: readonly CaseError[],
  clause: string | undefined,
): Pick<TestResult, 'outcome' | 'why'> {
  if (state === 'passed') {
    if (clause === undefined) return { outcome: 'passed', why: '' };
    return { outcome: 'failed', why: 'It passes: take it off tools/gate/disputed_cases.ts' };
  }
  if (state === 'failed') {
    if (clause !== undefined) return { outcome: 'skipped', why: `disputed: ${clause}` };
    return { outcome: 'failed', why: errors.map(describeError).join('\n') };
  }
  // A case that did not run has shown nothing.
  return { outcome: 'failed', why: `The case was ${state}` };
}

/** An error with the calls that led to it, those of vitest itself left out. */
export function describeError({ message, stack }: CaseError): string {
  if (stack === undefined) return message;
  return stack
    .split('\n')
    .filter((line) => !line.includes('/vitest/'))
    .join('\n');
}
