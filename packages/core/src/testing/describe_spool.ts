import { describe, test, type TestContext } from 'node:test';
import { spoolCases, type SpoolPlace } from './spool_cases.ts';

/** The behaviour suite of spools: the same for every one, whatever it lies on. Each case asks for a new place. */
export function describeSpool(name: string, newPlace: (context: TestContext) => SpoolPlace): void {
  describe(`${name}: spool`, () => {
    for (const [title, run] of Object.entries(spoolCases)) test(title, (context) => run(newPlace(context)));
  });
}
