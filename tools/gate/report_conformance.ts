/** A reporter for vitest: one JSON line per case, as {@linkcode TestResult}, file by file. */
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { disputedCases } from './disputed_cases.ts';
import { type CaseError, caseOutcome, describeError } from './case_outcome.ts';
import { printLine } from './print_line.ts';
import { root } from './run_command.ts';
import type { TestResult } from './tally.ts';

export default class ReportConformance implements Reporter {
  onTestCaseResult(): void {
    // An empty line shows that the run goes on.
    printLine('');
  }

  onTestModuleEnd(module: TestModule): void {
    // What did not run shows in the count; what kept it from running is told below.
    const run = [...module.children.allTests()].filter((testCase) => testCase.result().state !== 'skipped');
    for (const testCase of run) print(resultOf(testCase));
    const errors = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
    for (const error of errors) print(failureOf('what surrounds the cases', module.moduleId, error));
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly CaseError[]): void {
    for (const error of errors) print(failureOf('what no case has waited for', root, error));
  }
}

function resultOf(testCase: TestCase): TestResult {
  const { fullName: name, location, module } = testCase;
  const { state, errors = [] } = testCase.result();
  const at = { name, file: relative(root, module.moduleId), line: location?.line ?? 1 };
  return { ...at, ...caseOutcome(state, errors, disputedCases.get(name)) };
}

function failureOf(name: string, path: string, error: CaseError): TestResult {
  return { name, file: relative(root, path), line: 1, outcome: 'failed', why: describeError(error) };
}

function print(result: TestResult): void {
  printLine(JSON.stringify(result));
}
