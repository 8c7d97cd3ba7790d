import type { Finding, Rule } from '../finding.ts';

const path = 'package-lock.json';

interface Lock {
  readonly packages?: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/**
 * The lockfile names no download address (everyone has their own registry) and lists the packages of every platform:
 * made against a registry that lacks some, it would make `npm ci` fail everywhere.
 */
export const checkLockfile: Rule = (tree) => {
  const text = tree.files.get(path);
  if (text === undefined) return [{ path, line: 1, rule: 'lockfile', message: 'is missing' }];
  const findings: Finding[] = [];
  text.split('\n').forEach((line, index) => {
    if (/"resolved":\s*"(?:https?|git|ssh)/.test(line)) {
      findings.push({ path, line: index + 1, rule: 'lockfile', message: 'a download address: npm ci with our .npmrc' });
    }
  });
  const { packages = {} } = JSON.parse(text) as Lock;
  for (const { optionalDependencies = {} } of Object.values(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      if (Object.hasOwn(packages, `node_modules/${name}`)) continue;
      findings.push({ path, line: 1, rule: 'lockfile', message: `${name} has no entry: npm ci would refuse the file` });
    }
  }
  return findings;
};
