import type { Finding, Rule } from '../finding.ts';

const path = 'package-lock.json';

/** The lockfile names no download address (everyone has their own registry), and every package's hash. */
export const checkLockfile: Rule = (tree) => {
  const text = tree.files.get(path);
  if (text === undefined) return [{ path, line: 1, rule: 'lockfile', message: 'is missing' }];
  const findings: Finding[] = [];
  text.split('\n').forEach((line, index) => {
    if (/"resolved":\s*"(?:https?|git|ssh)/.test(line)) {
      findings.push({ path, line: index + 1, rule: 'lockfile', message: 'a download address: npm ci with our .npmrc' });
    }
  });
  return findings;
};
