import type { Finding, Rule } from '../finding.ts';

/** What makes two runs differ. Time and chance arrive as ports (`World`), so that a run can be replayed. */
const banned: readonly RegExp[] = [
  /\bDate\.now\b/g,
  // Without an argument it is the clock; with one it only reckons.
  /(?<!\bnew )\bDate\(|\bnew Date\(\s*\)/g,
  /\bperformance\.now\b/g,
  /\bMath\.random\b/g,
  /\bset(?:Timeout|Interval|Immediate)\b/g,
  /\bprocess\.hrtime\b/g,
  /\bAbortSignal\.timeout\b/g,
];

/** Where the real and the virtual ones live, and what is no part of the product's rules. */
const exempt =
  /^packages\/core\/src\/node\/|^packages\/[^/]+\/src\/testing\/|^packages\/(?:client\/src\/platform_world|simulator\/src\/kernel\/settle)\.ts$|^(?:tools|bench|scenarios|examples\/tiny-client)\//;

/** Clock, timers and chance are used only through ports. */
export const checkBannedCalls: Rule = (tree) => {
  const findings: Finding[] = [];
  for (const path of tree.paths(/\.(?:ts|js)$/)) {
    if (exempt.test(path)) continue;
    const { code } = tree.scan(path);
    for (const pattern of banned) {
      for (const match of code.matchAll(pattern)) {
        const message = `${match[0].replace('(', '()')}: take it from the World that is passed in`;
        findings.push({ path, line: tree.line(path, match.index), rule: 'ports', message });
      }
    }
  }
  return findings;
};
