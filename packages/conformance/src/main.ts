/**
 * `npm run conformance:session -- URL [--quick] [name …]`: holds a server to docs/protocol/session.md. Ends with 0 when
 * every case passed, 1 when one failed, 2 when it was asked wrongly. With its usual settings a server is waited for up to
 * 75 seconds; `--quick` leaves out the cases that wait, and names choose cases, also those that wait for minutes.
 */
import { nodeWorld } from '@packetboat/core/node';
import type { Case } from './session/case.ts';
import { checkServer } from './session/check_server.ts';
import { sessionCases } from './session/session_cases.ts';
import { tellVerdict } from './session/tell_verdict.ts';

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(words: readonly string[]): Promise<number> {
  const quick = words.includes('--quick');
  const [url, ...names] = words.filter((word) => word !== '--quick');
  if (url === undefined || !URL.canParse(url)) {
    process.stderr.write('Say where the server is: npm run conformance:session -- http://127.0.0.1:8000\n');
    return 2;
  }
  const isChosen = ({ name, waits }: Case) =>
    names.length > 0
      ? names.some((part) => name.includes(part))
      : waits !== 'minutes' && !(quick && waits !== undefined);
  const cases = sessionCases.filter(isChosen);
  const verdicts = await checkServer({ url, world: nodeWorld, cases, tell: (verdict) => tell(tellVerdict(verdict)) });
  const failed = verdicts.filter(({ failure }) => failure !== undefined).length;
  const left = sessionCases.length - cases.length;
  tell(`${verdicts.length - failed} passed, ${failed} failed${left > 0 ? `, ${left} left out` : ''}`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
