/**
 * The gate. `npm test` and `npm run ok` run all of it, `npm run types` and `npm run lint` one step.
 *
 * It stops at the first step that fails; a step of tests runs to its end. The last line printed is always
 * `N passed, N failed`, summed over all tests that ran; a step that fails otherwise counts as one failure.
 */
import { printLine } from './print_line.ts';
import { steps } from './steps.ts';
import { Tally } from './tally.ts';

async function main(names: readonly string[], tally: Tally): Promise<void> {
  const all = names.length === 1 && (names[0] === 'test' || names[0] === 'ok');
  const unknown = names.filter((name) => !all && !steps.some((step) => step.name === name));
  if (names.length === 0 || unknown.length > 0) {
    tally.fail(
      `No such step: "${unknown.join(' ')}". Say test for all of: ${steps.map((step) => step.name).join(' ')}`,
    );
    return;
  }
  for (const step of steps.filter(({ name }) => all || names.includes(name))) {
    printLine(`\n== ${step.name}: ${step.about}`);
    const failedBefore = tally.failed;
    const startMs = performance.now();
    const ended = await step.run(tally);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    if (!ended && tally.failed === failedBefore) tally.fail(`${step.name} failed`);
    const ok = tally.failed === failedBefore;
    printLine(`== ${step.name}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s`);
    if (!ok) return;
  }
}

const tally = new Tally(printLine);
await main(process.argv.slice(2), tally);
printLine(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;
