/** How one test ended. */
export interface TestResult {
  readonly name: string;
  /** Path from the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly why: string;
}

/** Counts what the gate saw. */
export class Tally {
  readonly results: TestResult[] = [];
  readonly #print: (line: string) => void;
  #otherFailures = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  add(result: TestResult): void {
    this.results.push(result);
    const { outcome, name, file, line, why } = result;
    if (outcome === 'failed') this.#print(`FAILED ${file}:${line} ${name}\n${why.replaceAll(/^/gm, '    ')}`);
    if (outcome === 'skipped') this.#print(`skipped ${file}:${line} ${name}: ${why}`);
  }

  /** Counts a failure that is no test's, and says what it is. */
  fail(why: string): void {
    this.#otherFailures += 1;
    this.#print(why);
  }

  get passed(): number {
    return this.results.filter((result) => result.outcome === 'passed').length;
  }

  get failed(): number {
    return this.results.filter((result) => result.outcome === 'failed').length + this.#otherFailures;
  }
}
